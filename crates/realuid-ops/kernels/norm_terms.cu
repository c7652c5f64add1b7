// From the sums of blocks those of images, sums [images, 2, channels], of d and of d xhat; and what the
// gradient of x takes from each group, terms [images, groups, 2]: a factor of x - centre and a
// constant.

#include "norm_rows.cuh"
#include "norm_warps.cuh"

struct Sums {
    const float *of_blocks;
    float *of_images;
};

// Sums over the blocks of `group`, and their sums over its channels, each times its scale.
__device__ double2 group_sums(const Sums &sums, const float *scale, float reciprocal, Group group,
                              const Rows &of) {
    double plain = 0.0, products = 0.0;
    for (unsigned c = group.first + group.lane; c < group.first + group.size; c += 32) {
        double d = 0.0, centred = 0.0;
        for (unsigned chunk = 0; chunk < of.chunks(); ++chunk) {
            const size_t block = size_t(group.image) * of.chunks() + chunk;
            const float *row = sums.of_blocks + block * 2 * of.channels + c;
            d += row[0];
            centred += row[of.channels];
        }
        float *out = sums.of_images + size_t(group.image) * 2 * of.channels + c;
        out[0] = float(d);
        out[of.channels] = float(centred * reciprocal);
        plain += scale[c] * d;
        products += scale[c] * centred;
    }
    return make_double2(sum_of_lanes(plain), sum_of_lanes(products));
}

extern "C" __global__ void __launch_bounds__(WARPS * 32)
    norm_terms_f32(const float *blocks, const float *moments, const float *table, float *sums,
                   float *terms, unsigned images, unsigned groups, unsigned positions,
                   unsigned channels, unsigned rows) {
    const Rows of{positions, channels, rows, 1};
    const Group group(images, channels, groups);
    if (!group.exists) return;
    const float *scale = table + (size_t(group.image) * 3 + 1) * channels;
    const float reciprocal = moments[2 * group.index + 1];
    const double2 totals = group_sums({blocks, sums}, scale, reciprocal, group, of);
    const double count = double(group.size) * positions;
    if (group.lane == 0) {
        terms[2 * group.index] = float(-totals.y * reciprocal * reciprocal / count);
        terms[2 * group.index + 1] = float(-totals.x / count);
    }
}
