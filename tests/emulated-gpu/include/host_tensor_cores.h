// Products of small matrices by the 32 lanes of a warp, as `mma.sync.aligned.m16n8k16` of PTX does
// them: d = a b + c, a 16 x 16, b 16 x 8, sums in f32. Which lane holds what is in the PTX ISA.
#pragma once

#include "cuda_bf16.h"
#include "cuda_fp16.h"

namespace emulated {

struct Fragments {
    uint32_t a[4], b[2];
};

template <class Format> float half_of(uint32_t two, int which) {
    return Format::widen(uint16_t(two >> 16 * which));
}

template <class Format>
void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], const float (&c)[4]) {
    const Slot *slots = give(0xffffffff, Fragments{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}});
    const int group = lane() / 4, pair = lane() % 4;
    for (int i = 0; i < 4; i++) {
        const int upper = i / 2, column = 2 * pair + i % 2;
        float sum = c[i];
        for (int k = 0; k < 16; k++) {
            const auto left = value_in<Fragments>(slots[group * 4 + k % 8 / 2]);
            const auto right = value_in<Fragments>(slots[column * 4 + k % 8 / 2]);
            sum += half_of<Format>(left.a[upper + k / 8 * 2], k % 2) * half_of<Format>(right.b[k / 8], k % 2);
        }
        d[i] = sum;
    }
}

} // namespace emulated

inline void mma_m16n8k16_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], const float (&c)[4]) {
    emulated::mma_m16n8k16<emulated::Brain>(d, a, b, c);
}
inline void mma_m16n8k16_f16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], const float (&c)[4]) {
    emulated::mma_m16n8k16<emulated::Half>(d, a, b, c);
}
