// Numbers of 16 bits: half precision and bfloat16. Arithmetic is done in f32 and rounded to nearest.
#pragma once

#include "host_arithmetic.h"
#include "host_vectors.h"

namespace emulated {

struct Half {
    static float widen(uint16_t bits) {
        const uint32_t sign = uint32_t(bits & 0x8000) << 16;
        const int exponent = bits >> 10 & 31;
        const uint32_t fraction = bits & 1023;
        if (exponent == 0) { // zero and subnormal numbers
            const float magnitude = std::ldexp(float(fraction), -24);
            return sign ? -magnitude : magnitude;
        }
        const uint32_t high = exponent == 31 ? 255 : exponent + 112;
        return same_bits<float>(sign | high << 23 | fraction << 13);
    }
    static uint16_t narrow(float value) {
        const uint32_t bits = same_bits<uint32_t>(value);
        const uint16_t sign = bits >> 16 & 0x8000;
        const float magnitude = std::fabs(value);
        if (std::isnan(value)) return sign | 0x7e00;
        if (magnitude >= 65520.0f) return sign | 0x7c00;
        if (magnitude < 6.103515625e-05f) // subnormal: multiples of 2^-24
            return sign | uint16_t(std::nearbyint(std::ldexp(magnitude, 24)));
        const uint32_t rest = bits & 0x7fffffff;
        const uint32_t rounded = rest + 0xfff + (rest >> 13 & 1);
        return sign | uint16_t((rounded >> 13) - (112 << 10));
    }
};

struct Brain {
    static float widen(uint16_t bits) { return same_bits<float>(uint32_t(bits) << 16); }
    static uint16_t narrow(float value) {
        const uint32_t bits = same_bits<uint32_t>(value);
        if (std::isnan(value)) return uint16_t(bits >> 16) | 0x40;
        return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    }
};

template <class Format> struct Number {
    uint16_t bits;

    Number() = default;
    template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
    Number(T value) : bits(Format::narrow(float(value))) {}
    template <class Other> explicit Number(Number<Other> other) : bits(Format::narrow(float(other))) {}
    operator float() const { return Format::widen(bits); }

    friend Number operator+(Number a, Number b) { return float(a) + float(b); }
    friend Number operator-(Number a, Number b) { return float(a) - float(b); }
    friend Number operator*(Number a, Number b) { return float(a) * float(b); }
    friend Number operator/(Number a, Number b) { return float(a) / float(b); }
    friend Number operator-(Number a) { return -float(a); }
    friend bool operator==(Number a, Number b) { return float(a) == float(b); }
    friend bool operator!=(Number a, Number b) { return float(a) != float(b); }
    friend bool operator<(Number a, Number b) { return float(a) < float(b); }
    friend bool operator>(Number a, Number b) { return float(a) > float(b); }
    friend bool operator<=(Number a, Number b) { return float(a) <= float(b); }
    friend bool operator>=(Number a, Number b) { return float(a) >= float(b); }
    Number &operator+=(Number b) { return *this = *this + b; }
    Number &operator-=(Number b) { return *this = *this - b; }
    Number &operator*=(Number b) { return *this = *this * b; }
    Number &operator/=(Number b) { return *this = *this / b; }
};

template <class Format> struct alignas(4) Pair {
    Number<Format> x, y;
};

} // namespace emulated

// The functions that both types have, under the names of CUDA's headers.
#define FUNCTIONS(T)                                                                               \
    inline bool __hisnan(T x) { return std::isnan(float(x)); }                                     \
    inline bool isnan(T x) { return std::isnan(float(x)); }                                        \
    inline T hsqrt(T x) { return std::sqrt(float(x)); }                                            \
    inline T hrsqrt(T x) { return rsqrtf(float(x)); }                                              \
    inline T hcos(T x) { return std::cos(float(x)); }                                              \
    inline T hsin(T x) { return std::sin(float(x)); }                                              \
    inline T hlog(T x) { return std::log(float(x)); }                                              \
    inline T hexp(T x) { return std::exp(float(x)); }                                              \
    inline T __habs(T x) { return std::fabs(float(x)); }                                           \
    inline T __hadd(T x, T y) { return x + y; }                                                    \
    inline T __hsub(T x, T y) { return x - y; }                                                    \
    inline T __hmul(T x, T y) { return x * y; }                                                    \
    inline T __hfma(T x, T y, T z) { return std::fma(float(x), float(y), float(z)); }              \
    inline T __hmax(T x, T y) { return std::fmax(float(x), float(y)); }                            \
    inline T __hmin(T x, T y) { return std::fmin(float(x), float(y)); }                            \
    inline T __hmax_nan(T x, T y) { return __hisnan(x) ? x : __hisnan(y) ? y : __hmax(x, y); }     \
    inline T __hmin_nan(T x, T y) { return __hisnan(x) ? x : __hisnan(y) ? y : __hmin(x, y); }     \
    inline bool __hgt(T x, T y) { return x > y; }                                                  \
    inline bool __hlt(T x, T y) { return x < y; }
