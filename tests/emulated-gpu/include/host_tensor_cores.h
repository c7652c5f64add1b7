// Tensor cores, the loads that feed them and asynchronous copies, which kernels write in assembly.
//
// Layouts are those of NVIDIA's PTX manual for `mma.m16n8k16` and `ldmatrix`: with g = lane / 4 and
// p = 2 (lane % 4), word i of a left factor [16, 16] has row g + 8 (i % 2) and columns
// p + 8 (i / 2) and the next; word i of a right factor [16, 8] rows p + 8 i and the next of column
// g; sum i of [16, 8] row g + 8 (i / 2) and column p + i % 2.
#pragma once

#include "host_halves.h"

namespace emulated {

struct Factors {
    uint32_t left[4], right[2];
};

template <class Format> float half_of(uint32_t word, unsigned index) {
    return Format::widen(uint16_t(index == 0 ? word : word >> 16));
}

// d = a b + c of the tile that the lanes of a warp hold together.
template <class Format>
void multiply_add(float (&d)[4], const Factors &own, const float (&c)[4]) {
    const Slot *slots = give(0xffffffff, own);
    float sums[4];
    for (unsigned i = 0; i < 4; i++) {
        const unsigned row = lane() / 4 + 8 * (i / 2), column = 2 * (lane() % 4) + i % 2;
        sums[i] = c[i];
        for (unsigned k = 0; k < 16; k++) {
            const unsigned pair = k % 8 / 2, above = k / 8;
            const auto a = value_in<Factors>(slots[row % 8 * 4 + pair]);
            const auto b = value_in<Factors>(slots[column * 4 + pair]);
            sums[i] += half_of<Format>(a.left[row / 8 + 2 * above], k % 2) *
                       half_of<Format>(b.right[above], k % 2);
        }
    }
    std::memcpy(d, sums, sizeof sums);
}

} // namespace emulated

inline void mma_m16n8k16_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                              const float (&c)[4]) {
    emulated::multiply_add<emulated::Brain>(d, {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}}, c);
}
inline void mma_m16n8k16_f16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                             const float (&c)[4]) {
    emulated::multiply_add<emulated::Half>(d, {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}}, c);
}

// Lane 8 i + j names row j of matrix i, 8 x 8; word i is of that matrix.
inline void load_matrices(uint32_t (&words)[4], const void *row) {
    const emulated::Slot *slots = emulated::give(0xffffffff, static_cast<const uint16_t *>(row));
    const unsigned lane = emulated::lane(), pair = 2 * (lane % 4);
    for (unsigned i = 0; i < 4; i++) {
        const auto *from = emulated::value_in<const uint16_t *>(slots[8 * i + lane / 4]);
        words[i] = from[pair] | uint32_t(from[pair + 1]) << 16;
    }
}
inline void load_matrices_transposed(uint32_t (&words)[4], const void *row) {
    const emulated::Slot *slots = emulated::give(0xffffffff, static_cast<const uint16_t *>(row));
    const unsigned lane = emulated::lane(), pair = 2 * (lane % 4);
    for (unsigned i = 0; i < 4; i++) {
        const auto *first = emulated::value_in<const uint16_t *>(slots[8 * i + pair]);
        const auto *second = emulated::value_in<const uint16_t *>(slots[8 * i + pair + 1]);
        words[i] = first[lane / 4] | uint32_t(second[lane / 4]) << 16;
    }
}

// Copies are over before they are waited for.
inline void start_copy(void *to, const void *from, bool exists) {
    if (exists)
        std::memcpy(to, from, 16);
    else
        std::memset(to, 0, 16);
}
inline void finish_copies() {}
