// What nvcc gives to kernels, for a compiler of the CPU. Included before every source.
#pragma once

#define REALUID_EMULATED_GPU 1
#define __CUDA_ARCH__ 900
#define __CUDACC__ 1
#define __CUDACC_VER_MAJOR__ 13
#define __CUDACC_VER_MINOR__ 0

// `__global__` stays visible after preprocessing: kernels are found by it.
#define __global__ __attribute__((used))
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __grid_constant__
// Blocks run one after the other, so what is static is shared by the threads of a block alone.
// (`cargo xtask emulated-gpu` turns `extern static T name[];` into a pointer to dynamic memory.)
#define __shared__ static

#include "../src/kernels.h"
#include "../src/threads.h"

#define gridDim (emulated::grid)
#define blockDim (emulated::block)
#define blockIdx (emulated::block_index)
#define threadIdx (emulated::thread_index)
static const int warpSize = 32;

#include "host_arithmetic.h"
#include "host_atomics.h"
#include "host_vectors.h"
#include "host_warps.h"

#include "host_tensor_cores.h"
