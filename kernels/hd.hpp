#pragma once

/// Marks a function that means the same on the host and on the device: what one event, one pane or
/// one accumulator is. Empty for a plain C++ compiler.
#if defined(__CUDACC__)
#define SLUICE_HD __host__ __device__
#else
#define SLUICE_HD
#endif
