#ifndef C_ALLOCATION_COUNT_H
#define C_ALLOCATION_COUNT_H

/// How many times this thread has asked for memory; below zero where that cannot be counted.
long allocation_count(void);

#endif
