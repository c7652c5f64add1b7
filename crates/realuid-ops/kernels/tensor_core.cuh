// Products of tiles on tensor cores: 16-bit factors, f32 sums.
//
// A warp holds a tile in fragments, a few 32-bit words (pairs of numbers) in each lane. The layouts
// are those of `mma.m16n8k16` in NVIDIA's PTX manual; with g = lane / 4 and p = 2 (lane % 4):
//   left  16 x 16: word 0 has row g, columns p and p + 1; 1: row g + 8; 2: columns + 8; 3: both
//   right 16 x 8:  word 0 has column g, rows p and p + 1; 1: rows + 8
//   sums  16 x 8:  0 and 1 have row g, columns p and p + 1; 2 and 3: row g + 8
#pragma once

#include <cstdint>
#include <cstring>

#include "number.cuh"

#ifndef REALUID_EMULATED_GPU

// d = a b + c, with c and d of the layout of sums; d may be c.
__device__ __forceinline__ void mma_m16n8k16_bf16(float (&d)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2], const float (&c)[4]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
        : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), "f"(c[1]),
          "f"(c[2]), "f"(c[3]));
}

__device__ __forceinline__ void mma_m16n8k16_f16(float (&d)[4], const uint32_t (&a)[4],
                                                 const uint32_t (&b)[2], const float (&c)[4]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %11, %12, %13};"
        : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "f"(c[0]), "f"(c[1]),
          "f"(c[2]), "f"(c[3]));
}

// Four 8 x 8 matrices of 16-bit numbers in shared memory, whose rows have 16 contiguous, aligned
// bytes: lane 8 i + j names row j of matrix i. Word i of a lane has row lane / 4 of matrix i,
// columns 2 (lane % 4) and the next.
__device__ __forceinline__ void load_matrices(uint32_t (&words)[4], const void *row) {
    const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                 : "r"(address)
                 : "memory");
}

// The same of the transposed matrices: column lane / 4, rows 2 (lane % 4) and the next.
__device__ __forceinline__ void load_matrices_transposed(uint32_t (&words)[4], const void *row) {
    const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                 : "r"(address)
                 : "memory");
}

#else

#include "host_tensor_cores.h"

#endif

// sums += left right.
__device__ __forceinline__ void multiply_add(float (&sums)[4], const uint32_t (&left)[4],
                                             const uint32_t (&right)[2], bf16) {
    mma_m16n8k16_bf16(sums, left, right, sums);
}
__device__ __forceinline__ void multiply_add(float (&sums)[4], const uint32_t (&left)[4],
                                             const uint32_t (&right)[2], f16) {
    mma_m16n8k16_f16(sums, left, right, sums);
}

template <typename Pair> __device__ __forceinline__ uint32_t word_of(Pair pair) {
    uint32_t word;
    memcpy(&word, &pair, sizeof word);
    return word;
}

// Two neighbours in one word, as fragments have them.
__device__ __forceinline__ uint32_t pair_of(float low, float high, bf16) {
    const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
    return word_of(pair);
}
__device__ __forceinline__ uint32_t pair_of(float low, float high, f16) {
    const __half2 pair = __floats2half2_rn(low, high);
    return word_of(pair);
}

// The left fragment of a 16 x 16 tile in shared memory whose rows are `stride` apart.
template <typename T>
__device__ __forceinline__ void load_left(uint32_t (&left)[4], const T *tile, unsigned stride) {
    const unsigned lane = threadIdx.x % 32;
    load_matrices(left, tile + lane % 16 * stride + lane / 16 * 8);
}

// The right fragments of a tile [16 columns][16 rows], transposed: of columns 0 to 7, then 8 to 15.
template <typename T>
__device__ __forceinline__ void load_right_by_columns(uint32_t (&right)[4], const T *tile,
                                                      unsigned stride) {
    const unsigned lane = threadIdx.x % 32;
    load_matrices(right, tile + (lane % 8 + lane / 16 * 8) * stride + lane / 8 % 2 * 8);
}

// The right fragments of a tile [16 rows][16 columns]: of columns 0 to 7, then 8 to 15.
template <typename T>
__device__ __forceinline__ void load_right_by_rows(uint32_t (&right)[4], const T *tile,
                                                   unsigned stride) {
    const unsigned lane = threadIdx.x % 32;
    load_matrices_transposed(right, tile + lane % 16 * stride + lane / 16 * 8);
}
