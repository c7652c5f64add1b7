// Arrays whose type is known at run time only: parameters and their gradients, small beside what they
// are applied to.
#pragma once

#include "number.cuh"

struct Parameter {
    void *values;
    // 0: f32, 1: bf16, 2: f16.
    unsigned type;

    __device__ float load(unsigned i) const {
        if (type == 0) return static_cast<const float *>(values)[i];
        if (type == 1) return to_float(static_cast<const bf16 *>(values)[i]);
        return to_float(static_cast<const f16 *>(values)[i]);
    }

    __device__ void store(unsigned i, float x) const {
        if (type == 0) static_cast<float *>(values)[i] = x;
        else if (type == 1) static_cast<bf16 *>(values)[i] = from_float<bf16>(x);
        else static_cast<f16 *>(values)[i] = from_float<f16>(x);
    }
};
