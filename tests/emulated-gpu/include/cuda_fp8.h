// Numbers of 8 bits are not emulated: a kernel of candle's that uses them compiles and fails.
#pragma once

#include "cuda_fp16.h"
#include <cstdlib>

enum __nv_fp8_interpretation_t { __NV_E4M3 };

struct __nv_fp8_e4m3 {
    unsigned char __x;
    __nv_fp8_e4m3() = default;
    template <class T> explicit __nv_fp8_e4m3(T) { std::abort(); }
    operator float() const { std::abort(); }
};
inline __half __nv_cvt_fp8_to_halfraw(unsigned char, __nv_fp8_interpretation_t) { std::abort(); }
