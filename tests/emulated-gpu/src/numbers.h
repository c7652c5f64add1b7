// Arrays of the device's types, read and written as f32 (f64 as itself).
#pragma once

#include "../include/cuda_bf16.h"
#include "../include/cuda_fp16.h"

#include <cstddef>
#include <vector>

namespace emulated {

enum class Type { F32, F64, F16, BF16 };

inline double load(const void *array, Type type, size_t i) {
    switch (type) {
    case Type::F64: return static_cast<const double *>(array)[i];
    case Type::F16: return static_cast<const __half *>(array)[i];
    case Type::BF16: return static_cast<const __nv_bfloat16 *>(array)[i];
    default: return static_cast<const float *>(array)[i];
    }
}

inline void store(void *array, Type type, size_t i, double value) {
    switch (type) {
    case Type::F64: static_cast<double *>(array)[i] = value; break;
    case Type::F16: static_cast<__half *>(array)[i] = value; break;
    case Type::BF16: static_cast<__nv_bfloat16 *>(array)[i] = value; break;
    default: static_cast<float *>(array)[i] = value;
    }
}

} // namespace emulated
