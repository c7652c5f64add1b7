// Small vectors.
#pragma once

#include <cstdint>

typedef unsigned char uchar;
typedef unsigned short ushort;

#define VECTORS(T, NAME)                                                                           \
    struct alignas(2 * sizeof(T)) NAME##2 { T x, y; };                                             \
    struct NAME##3 { T x, y, z; };                                                                 \
    struct alignas(4 * sizeof(T) > 16 ? 16 : 4 * sizeof(T)) NAME##4 { T x, y, z, w; };             \
    inline NAME##2 make_##NAME##2(T x, T y) { return {x, y}; }                                     \
    inline NAME##3 make_##NAME##3(T x, T y, T z) { return {x, y, z}; }                             \
    inline NAME##4 make_##NAME##4(T x, T y, T z, T w) { return {x, y, z, w}; }
VECTORS(float, float)
VECTORS(double, double)
VECTORS(int, int)
VECTORS(unsigned, uint)
VECTORS(short, short)
VECTORS(unsigned short, ushort)
VECTORS(unsigned char, uchar)
VECTORS(long long, longlong)
VECTORS(unsigned long long, ulonglong)
#undef VECTORS

struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
