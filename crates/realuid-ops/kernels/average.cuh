#pragma once

// Exponential moving average, rounded as on the CPU: no multiply-add is fused.
struct Decay {
    float decay;
    float rest; // 1 - decay

    __device__ __forceinline__ float moved(float average, float towards) const {
        return __fadd_rn(__fmul_rn(average, decay), __fmul_rn(towards, rest));
    }
};
