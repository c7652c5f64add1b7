// cuDNN: two-dimensional convolutions and both of their gradients.
#include "device.h"
#include "numbers.h"

#include <array>
#include <cstdint>

using emulated::Type;

namespace {

enum Status { OK = 0, BAD_PARAMETER = 2000, UNSUPPORTED = 3000, FAILED = 5000 };

struct Handle {
    void *stream = nullptr;
};

// A tensor (N, C, H, W) or a filter (K, C, R, S), with its strides.
struct Tensor {
    Type type = Type::F32;
    std::array<int, 4> size{};
    std::array<size_t, 4> stride{};

    Status set(int type_number, bool channels_last, std::array<int, 4> sizes) {
        // cudnnDataType_t
        type = type_number == 1 ? Type::F64 : type_number == 2 ? Type::F16 : type_number == 9 ? Type::BF16 : Type::F32;
        size = sizes;
        const size_t c = sizes[1], h = sizes[2], w = sizes[3];
        if (channels_last) stride = {h * w * c, 1, w * c, c};
        else stride = {c * h * w, h * w, w, 1};
        return OK;
    }
    size_t place(int n, int c, int h, int w) const {
        return n * stride[0] + c * stride[1] + h * stride[2] + w * stride[3];
    }
    size_t count() const { return size_t(size[0]) * size[1] * size[2] * size[3]; }
};

struct Convolution {
    int pad[2], stride[2], dilation[2], groups = 1;
};

// As floats with the channels last.
std::vector<float> read(const void *values, const Tensor &t) {
    std::vector<float> out(t.count());
    size_t i = 0;
    for (int n = 0; n < t.size[0]; n++)
        for (int h = 0; h < t.size[2]; h++)
            for (int w = 0; w < t.size[3]; w++)
                for (int c = 0; c < t.size[1]; c++) out[i++] = emulated::load(values, t.type, t.place(n, c, h, w));
    return out;
}

struct Factors {
    double alpha, beta;
};

void write(const std::vector<float> &sums, void *values, const Tensor &t, Factors f) {
    size_t i = 0;
    for (int n = 0; n < t.size[0]; n++)
        for (int h = 0; h < t.size[2]; h++)
            for (int w = 0; w < t.size[3]; w++)
                for (int c = 0; c < t.size[1]; c++) {
                    const size_t place = t.place(n, c, h, w);
                    const double before = f.beta == 0 ? 0 : f.beta * emulated::load(values, t.type, place);
                    emulated::store(values, t.type, place, f.alpha * sums[i++] + before);
                }
}

// Calls `pair(x, w, y)` for all places of an input pixel, a tap of the filter and an output pixel that
// belong together; the places are those of the first channel.
template <class F> void for_pairs(const Tensor &x, const Tensor &w, const Tensor &y, const Convolution &c, F pair) {
    const int channels = x.size[1], height = x.size[2], width = x.size[3];
    for (int n = 0; n < y.size[0]; n++)
        for (int p = 0; p < y.size[2]; p++)
            for (int q = 0; q < y.size[3]; q++)
                for (int r = 0; r < w.size[2]; r++)
                    for (int s = 0; s < w.size[3]; s++) {
                        const int h = p * c.stride[0] - c.pad[0] + r * c.dilation[0];
                        const int v = q * c.stride[1] - c.pad[1] + s * c.dilation[1];
                        if (h < 0 || h >= height || v < 0 || v >= width) continue;
                        pair(((size_t(n) * height + h) * width + v) * channels, (size_t(r) * w.size[3] + s) * channels,
                             ((size_t(n) * y.size[2] + p) * y.size[3] + q) * y.size[1]);
                    }
}

struct Sizes {
    Tensor x, w, y;
    Convolution convolution;

    bool agree() const {
        const auto out = [&](int i) {
            const auto &c = convolution;
            return (x.size[i + 2] + 2 * c.pad[i] - c.dilation[i] * (w.size[i + 2] - 1) - 1) / c.stride[i] + 1;
        };
        return convolution.groups == 1 && x.size[0] == y.size[0] && x.size[1] == w.size[1] && y.size[1] == w.size[0] &&
               y.size[2] == out(0) && y.size[3] == out(1) && x.type == w.type && w.type == y.type;
    }
    int filters() const { return w.size[0]; }
    int channels() const { return w.size[1]; }
    size_t taps() const { return size_t(w.size[2]) * w.size[3] * w.size[1]; } // of one filter
};

void forward(const Sizes &z, const void *x, const void *w, void *y, Factors f) {
    const auto in = read(x, z.x), filter = read(w, z.w);
    std::vector<float> out(z.y.count());
    for_pairs(z.x, z.w, z.y, z.convolution, [&](size_t xi, size_t wi, size_t yi) {
        for (int k = 0; k < z.filters(); k++) {
            float sum = 0;
            for (int c = 0; c < z.channels(); c++) sum += in[xi + c] * filter[k * z.taps() + wi + c];
            out[yi + k] += sum;
        }
    });
    write(out, y, z.y, f);
}

void backward_data(const Sizes &z, void *x, const void *w, const void *y, Factors f) {
    const auto filter = read(w, z.w), gradient = read(y, z.y);
    std::vector<float> out(z.x.count());
    for_pairs(z.x, z.w, z.y, z.convolution, [&](size_t xi, size_t wi, size_t yi) {
        for (int k = 0; k < z.filters(); k++)
            for (int c = 0; c < z.channels(); c++) out[xi + c] += gradient[yi + k] * filter[k * z.taps() + wi + c];
    });
    write(out, x, z.x, f);
}

void backward_filter(const Sizes &z, const void *x, void *w, const void *y, Factors f) {
    const auto in = read(x, z.x), gradient = read(y, z.y);
    std::vector<float> out(z.w.count());
    for_pairs(z.x, z.w, z.y, z.convolution, [&](size_t xi, size_t wi, size_t yi) {
        for (int k = 0; k < z.filters(); k++)
            for (int c = 0; c < z.channels(); c++) out[k * z.taps() + wi + c] += gradient[yi + k] * in[xi + c];
    });
    write(out, w, z.w, f);
}

// Of the two algorithms here, number 0 needs no workspace and number 1 this many bytes.
constexpr size_t WORKSPACE = 4096;
size_t workspace(int algorithm) { return algorithm == 1 ? WORKSPACE : 0; }

struct Performance {
    int algorithm, status;
    float time;
    size_t memory;
    int deterministic, math_type, reserved[3];
};

Status algorithms(int asked, int *returned, Performance *results) {
    *returned = asked < 2 ? asked : 2;
    for (int i = 0; i < *returned; i++) results[i] = {1 - i, OK, 1.0f + i, workspace(1 - i), 1, 0, {}};
    return OK;
}

struct Run {
    void *handle;
    Sizes sizes;
    int algorithm;
    void *workspace;
    size_t workspace_bytes;
};

// Does `work(factors)`, if everything fits.
template <class F> Status submit(const Run &run, const void *alpha, const void *beta, F work) {
    const size_t needed = workspace(run.algorithm);
    if (!run.sizes.agree() || run.workspace_bytes < needed) return BAD_PARAMETER;
    if (needed && !emulated::is_valid(run.workspace, needed)) return BAD_PARAMETER;
    const bool in_f64 = run.sizes.x.type == Type::F64;
    const auto factor = [&](const void *value) { return emulated::load(value, in_f64 ? Type::F64 : Type::F32, 0); };
    const Factors factors{factor(alpha), factor(beta)};
    void *stream = static_cast<Handle *>(run.handle)->stream;
    return emulated_submit(stream, [=] { return work(factors), true; }) == 0 ? OK : FAILED;
}

Tensor &tensor(void *descriptor) { return *static_cast<Tensor *>(descriptor); }
Convolution &convolution(void *descriptor) { return *static_cast<Convolution *>(descriptor); }

} // namespace

extern "C" {

size_t cudnnGetVersion() { return 91000; }
size_t cudnnGetCudartVersion() { return 13000; }
const char *cudnnGetErrorString(int status) { return status == OK ? "OK" : "an error of the emulated cuDNN"; }
Status cudnnCreate(void **handle) { return *handle = new Handle, OK; }
Status cudnnDestroy(void *handle) { return delete static_cast<Handle *>(handle), OK; }
Status cudnnSetStream(void *handle, void *stream) { return static_cast<Handle *>(handle)->stream = stream, OK; }

Status cudnnCreateTensorDescriptor(void **descriptor) { return *descriptor = new Tensor, OK; }
Status cudnnDestroyTensorDescriptor(void *descriptor) { return delete &tensor(descriptor), OK; }
Status cudnnSetTensor4dDescriptor(void *descriptor, int format, int type, int n, int c, int h, int w) {
    return tensor(descriptor).set(type, format == 1, {n, c, h, w});
}
Status cudnnSetTensor4dDescriptorEx(void *descriptor, int type, int n, int c, int h, int w, int ns, int cs, int hs, int ws) {
    tensor(descriptor).set(type, false, {n, c, h, w});
    tensor(descriptor).stride = {size_t(ns), size_t(cs), size_t(hs), size_t(ws)};
    return OK;
}
Status cudnnCreateFilterDescriptor(void **descriptor) { return cudnnCreateTensorDescriptor(descriptor); }
Status cudnnDestroyFilterDescriptor(void *descriptor) { return cudnnDestroyTensorDescriptor(descriptor); }
Status cudnnSetFilter4dDescriptor(void *descriptor, int type, int format, int k, int c, int h, int w) {
    return tensor(descriptor).set(type, format == 1, {k, c, h, w});
}
Status cudnnCreateConvolutionDescriptor(void **descriptor) { return *descriptor = new Convolution, OK; }
Status cudnnDestroyConvolutionDescriptor(void *descriptor) { return delete &convolution(descriptor), OK; }
Status cudnnSetConvolution2dDescriptor(void *descriptor, int pad_h, int pad_w, int stride_h, int stride_w, int dilation_h,
                                       int dilation_w, int mode, int) {
    constexpr int CROSS_CORRELATION = 1;
    if (mode != CROSS_CORRELATION) return UNSUPPORTED;
    convolution(descriptor) = {{pad_h, pad_w}, {stride_h, stride_w}, {dilation_h, dilation_w}};
    return OK;
}
Status cudnnSetConvolutionMathType(void *, int) { return OK; }
Status cudnnSetConvolutionGroupCount(void *descriptor, int groups) { return convolution(descriptor).groups = groups, OK; }

Status cudnnGetConvolutionForwardAlgorithm_v7(void *, void *, void *, void *, void *, int asked, int *returned, Performance *results) {
    return algorithms(asked, returned, results);
}
Status cudnnGetConvolutionBackwardDataAlgorithm_v7(void *, void *, void *, void *, void *, int asked, int *returned, Performance *results) {
    return algorithms(asked, returned, results);
}
Status cudnnGetConvolutionBackwardFilterAlgorithm_v7(void *, void *, void *, void *, void *, int asked, int *returned, Performance *results) {
    return algorithms(asked, returned, results);
}
Status cudnnGetConvolutionForwardWorkspaceSize(void *, void *, void *, void *, void *, int algorithm, size_t *bytes) {
    return *bytes = workspace(algorithm), OK;
}
Status cudnnGetConvolutionBackwardDataWorkspaceSize(void *, void *, void *, void *, void *, int algorithm, size_t *bytes) {
    return *bytes = workspace(algorithm), OK;
}
Status cudnnGetConvolutionBackwardFilterWorkspaceSize(void *, void *, void *, void *, void *, int algorithm, size_t *bytes) {
    return *bytes = workspace(algorithm), OK;
}

Status cudnnConvolutionForward(void *handle, const void *alpha, void *xd, const void *x, void *wd, const void *w, void *cd,
                               int algorithm, void *space, size_t bytes, const void *beta, void *yd, void *y) {
    const Sizes sizes{tensor(xd), tensor(wd), tensor(yd), convolution(cd)};
    return submit({handle, sizes, algorithm, space, bytes}, alpha, beta, [=](Factors f) { forward(sizes, x, w, y, f); });
}
Status cudnnConvolutionBackwardData(void *handle, const void *alpha, void *wd, const void *w, void *yd, const void *y, void *cd,
                                    int algorithm, void *space, size_t bytes, const void *beta, void *xd, void *x) {
    const Sizes sizes{tensor(xd), tensor(wd), tensor(yd), convolution(cd)};
    return submit({handle, sizes, algorithm, space, bytes}, alpha, beta, [=](Factors f) { backward_data(sizes, x, w, y, f); });
}
Status cudnnConvolutionBackwardFilter(void *handle, const void *alpha, void *xd, const void *x, void *yd, const void *y, void *cd,
                                      int algorithm, void *space, size_t bytes, const void *beta, void *wd, void *w) {
    const Sizes sizes{tensor(xd), tensor(wd), tensor(yd), convolution(cd)};
    return submit({handle, sizes, algorithm, space, bytes}, alpha, beta, [=](Factors f) { backward_filter(sizes, x, w, y, f); });
}

} // extern "C"
