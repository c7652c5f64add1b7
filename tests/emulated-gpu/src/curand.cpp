// cuRAND: candle makes a generator with every device. Values are drawn by the standard library, so
// they differ from the real ones.
#include "device.h"

#include <random>

namespace {

struct Generator {
    void *stream = nullptr;
    std::mt19937_64 engine;
};

template <class T, class Distribution> int fill(void *generator, T *out, size_t count, Distribution distribution) {
    auto *known = static_cast<Generator *>(generator);
    return emulated_submit(known->stream, [=]() mutable {
        for (size_t i = 0; i < count; i++) out[i] = distribution(known->engine);
        return true;
    });
}

} // namespace

extern "C" {

int curandCreateGenerator(void **generator, int) { return *generator = new Generator, 0; }
int curandDestroyGenerator(void *generator) { return delete static_cast<Generator *>(generator), 0; }
int curandSetStream(void *generator, void *stream) { return static_cast<Generator *>(generator)->stream = stream, 0; }
int curandSetPseudoRandomGeneratorSeed(void *generator, unsigned long long seed) {
    return static_cast<Generator *>(generator)->engine.seed(seed), 0;
}
int curandSetGeneratorOffset(void *, unsigned long long) { return 0; }
int curandGenerateUniform(void *generator, float *out, size_t count) {
    return fill(generator, out, count, std::uniform_real_distribution<float>());
}
int curandGenerateUniformDouble(void *generator, double *out, size_t count) {
    return fill(generator, out, count, std::uniform_real_distribution<double>());
}
int curandGenerateNormal(void *generator, float *out, size_t count, float mean, float deviation) {
    return fill(generator, out, count, std::normal_distribution<float>(mean, deviation));
}
int curandGenerateNormalDouble(void *generator, double *out, size_t count, double mean, double deviation) {
    return fill(generator, out, count, std::normal_distribution<double>(mean, deviation));
}

} // extern "C"
