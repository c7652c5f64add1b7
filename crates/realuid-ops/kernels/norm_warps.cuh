// One warp for every group of channels of every image.
#pragma once

constexpr unsigned WARPS = 4;

struct Group {
    unsigned image, first, size, lane, index;
    bool exists;

    __device__ Group(unsigned images, unsigned channels, unsigned groups) {
        index = blockIdx.x * WARPS + threadIdx.x / 32;
        lane = threadIdx.x % 32;
        image = index / groups;
        size = channels / groups;
        first = index % groups * size;
        exists = image < images;
    }
};

// The sum over the lanes, in every one of them.
__device__ __forceinline__ double sum_of_lanes(double x) {
    for (unsigned other = 16; other > 0; other /= 2) x += __shfl_xor_sync(0xffffffffu, x, other);
    return x;
}
