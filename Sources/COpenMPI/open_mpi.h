#ifndef C_OPEN_MPI_H
#define C_OPEN_MPI_H

#include <mpi.h>

// MPI's constants are macros over the library's globals, which Swift does not see.

static inline MPI_Comm open_mpi_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Errhandler open_mpi_errors_return(void) { return MPI_ERRORS_RETURN; }
static inline MPI_Datatype open_mpi_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype open_mpi_float(void) { return MPI_FLOAT; }
static inline MPI_Datatype open_mpi_double(void) { return MPI_DOUBLE; }
static inline MPI_Datatype open_mpi_int64(void) { return MPI_INT64_T; }
static inline MPI_Op open_mpi_max(void) { return MPI_MAX; }
static inline MPI_Status *open_mpi_status_ignore(void) { return MPI_STATUS_IGNORE; }

#endif
