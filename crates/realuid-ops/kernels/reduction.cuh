// Sums and maxima over the lanes of a warp or the threads of a block of whole warps, the same in
// every one of them.
#pragma once

struct Sum {
    static constexpr float NOTHING = 0.0f;
    __device__ static float join(float x, float y) { return x + y; }
};

struct Max {
    static constexpr float NOTHING = -INFINITY;
    __device__ static float join(float x, float y) { return fmaxf(x, y); }
};

template <typename Joining> __device__ __forceinline__ float warp_reduction(float x) {
    for (unsigned other = 16; other > 0; other /= 2)
        x = Joining::join(x, __shfl_xor_sync(0xffffffffu, x, other));
    return x;
}

template <typename Joining> __device__ __forceinline__ float block_reduction(float x) {
    __shared__ float of_warps[32];
    const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    x = warp_reduction<Joining>(x);
    // The last reduction may still be read.
    __syncthreads();
    if (lane == 0) of_warps[warp] = x;
    __syncthreads();
    return warp_reduction<Joining>(lane < blockDim.x / 32 ? of_warps[lane] : Joining::NOTHING);
}

__device__ __forceinline__ float warp_sum(float x) { return warp_reduction<Sum>(x); }
__device__ __forceinline__ float warp_max(float x) { return warp_reduction<Max>(x); }
__device__ __forceinline__ float block_sum(float x) { return block_reduction<Sum>(x); }
__device__ __forceinline__ float block_max(float x) { return block_reduction<Max>(x); }
