// The types that arrays have, and how kernels compute with them: in f32, whatever is stored.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

typedef __nv_bfloat16 bf16;
typedef __half f16;

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(bf16 x) { return __bfloat162float(x); }
__device__ __forceinline__ float to_float(f16 x) { return __half2float(x); }

template <typename T> __device__ __forceinline__ T from_float(float x);
template <> __device__ __forceinline__ float from_float<float>(float x) { return x; }
template <> __device__ __forceinline__ bf16 from_float<bf16>(float x) { return __float2bfloat16(x); }
template <> __device__ __forceinline__ f16 from_float<f16>(float x) { return __float2half(x); }

// Defines a kernel for every type: `EVERY_TYPE(DEFINE)` where DEFINE(T) names it `.._##T`.
// `f32` is the name of float there.
typedef float f32;
#define EVERY_TYPE(DEFINE) DEFINE(f32) DEFINE(bf16) DEFINE(f16)

// The first element of this thread, and the step to its next, in a grid of one dimension.
__device__ __forceinline__ unsigned first_element() {
    return blockIdx.x * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ unsigned element_stride() { return gridDim.x * blockDim.x; }
