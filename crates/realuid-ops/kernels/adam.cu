// One step of Adam and of every average of the parameters, in one pass over memory.
//
// The same operations in the same order as src/adam_step.rs, each rounded by itself: for the same
// factor the same bits as on the CPU.

#include "average.cuh"
#include "pack.cuh"
#include "step_numbers.cuh"
#include "tensors.cuh"

// What tensors are; averages follow.
enum Role { GRADIENT, PARAMETER, FIRST, SECOND, AVERAGE };

struct Adam {
    StepNumbers numbers;
    float beta1, rest1, beta2, rest2, eps;

    __device__ __forceinline__ void step(float g, float &p, float &m, float &v) const {
        g = __fmul_rn(g, numbers.factor);
        m = __fadd_rn(__fmul_rn(m, beta1), __fmul_rn(g, rest1));
        v = __fadd_rn(__fmul_rn(v, beta2), __fmul_rn(__fmul_rn(g, g), rest2));
        const float divisor = __fadd_rn(__fdiv_rn(__fsqrt_rn(v), numbers.root), eps);
        p = __fadd_rn(p, -__fdiv_rn(__fmul_rn(numbers.size, m), divisor));
    }
};

// Averages of the parameters: how many, and for each its decay and 1 - decay.
struct Averages {
    const float2 *decays;
    unsigned count;
};

// Elements [N first, N end) of a chunk, N at a time.
template <int N>
__device__ void step_packs(const Chunk &chunk, const Adam &adam, Averages averages, unsigned first,
                           unsigned end) {
    float *parameter = chunk.elements(PARAMETER);
    float *m_of = chunk.elements(FIRST), *v_of = chunk.elements(SECOND);
    const float *gradient = chunk.elements(GRADIENT);
    for (unsigned i = first + threadIdx.x; i < end; i += blockDim.x) {
        const auto g = load_pack<N>(gradient, i);
        auto p = load_pack<N>(parameter, i), m = load_pack<N>(m_of, i), v = load_pack<N>(v_of, i);
#pragma unroll
        for (int k = 0; k < N; k++)
            adam.step(g.values[k], p.values[k], m.values[k], v.values[k]);
        store_pack(parameter, i, p);
        store_pack(m_of, i, m);
        store_pack(v_of, i, v);
        for (unsigned j = 0; j < averages.count; j++) {
            float *average = chunk.elements(AVERAGE + j);
            const Decay decay = {averages.decays[j].x, averages.decays[j].y};
            auto a = load_pack<N>(average, i);
#pragma unroll
            for (int k = 0; k < N; k++)
                a.values[k] = decay.moved(a.values[k], p.values[k]);
            store_pack(average, i, a);
        }
    }
}

// Decays stand behind the last row of the table.
extern "C" __global__ void adam_f32(const u64 *table, unsigned tensors, unsigned averages,
                                    const StepNumbers *numbers, float beta1, float rest1,
                                    float beta2, float rest2, float eps) {
    if (numbers->factor == REFUSED)
        return;
    const Chunk chunk = chunk_of(table, tensors);
    const Adam adam = {*numbers, beta1, rest1, beta2, rest2, eps};
    const u64 *behind = table + u64(2 + AVERAGE + averages) * tensors;
    const Averages all = {reinterpret_cast<const float2 *>(behind), averages};
    u64 bits = 0;
    for (unsigned role = 0; role < AVERAGE + averages; role++)
        bits |= reinterpret_cast<u64>(chunk.elements(role));
    const unsigned packs = bits % 16 == 0 ? chunk.length / 4 : 0;
    step_packs<4>(chunk, adam, all, 0, packs);
    step_packs<1>(chunk, adam, all, packs * 4, chunk.length);
}

// The numbers of the next step, with gradients as they are. One thread.
extern "C" __global__ void prepare_adam_f32(StepNumbers *numbers, float size, float root) {
    *numbers = {size, root, 1.0f};
}
