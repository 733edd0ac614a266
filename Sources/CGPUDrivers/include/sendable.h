#ifndef C_GPU_DRIVERS_SENDABLE_H
#define C_GPU_DRIVERS_SENDABLE_H

/// Swift may hand values of such a type from thread to thread.
#ifdef __swift__
#define GPU_SENDABLE __attribute__((swift_attr("@Sendable")))
#else
#define GPU_SENDABLE
#endif

#endif
