// cuBLAS: matrix products, column-major, accumulated in f32, or in f64 where f64 is asked for.
#include "device.h"
#include "numbers.h"

#include <cstdint>

using emulated::Type;

namespace {

enum Status { OK = 0, BAD_VALUE = 7, FAILED = 13, UNSUPPORTED = 15 };

struct Handle {
    void *stream = nullptr;
};

struct Matrix {
    const void *values;
    Type type;
    int leading;      // elements from one column to the next
    long long stride; // elements from one matrix to the next
    bool transposed;

    double at(long long matrix, int row, int column) const {
        if (transposed) std::swap(row, column);
        return emulated::load(values, type, matrix * stride + size_t(column) * leading + row);
    }
};

struct Product {
    int m, n, k, count;
    double alpha, beta;
    Matrix a, b, c;
};

template <class T> void multiply(const Product &p, long long matrix) {
    std::vector<T> a(size_t(p.m) * p.k), sum(p.m);
    for (int l = 0; l < p.k; l++)
        for (int i = 0; i < p.m; i++) a[size_t(l) * p.m + i] = p.a.at(matrix, i, l);
    for (int j = 0; j < p.n; j++) {
        std::fill(sum.begin(), sum.end(), T(0));
        for (int l = 0; l < p.k; l++) {
            const T b = p.b.at(matrix, l, j);
            const T *column = &a[size_t(l) * p.m];
            for (int i = 0; i < p.m; i++) sum[i] += column[i] * b;
        }
        for (int i = 0; i < p.m; i++) {
            // As the library does: where beta is zero, what was there does not count, not even NaN.
            const double before = p.beta == 0 ? 0 : p.beta * p.c.at(matrix, i, j);
            const size_t place = matrix * p.c.stride + size_t(j) * p.c.leading + i;
            emulated::store(const_cast<void *>(p.c.values), p.c.type, place, p.alpha * sum[i] + before);
        }
    }
}

Status submit(void *handle, const Product &product, bool in_f64) {
    if (product.m < 0 || product.n < 0 || product.k < 0) return BAD_VALUE;
    const int result = emulated_submit(static_cast<Handle *>(handle)->stream, [=] {
        for (long long matrix = 0; matrix < product.count; matrix++)
            in_f64 ? multiply<double>(product, matrix) : multiply<float>(product, matrix);
        return true;
    });
    return result == 0 ? OK : FAILED;
}

// cudaDataType.
Type type_of(int number) {
    return number == 1 ? Type::F64 : number == 2 ? Type::F16 : number == 14 ? Type::BF16 : Type::F32;
}

// A factor in the type that belongs to the cublasComputeType_t.
double factor(const void *value, int compute) {
    const bool in_f64 = compute == 70 || compute == 71, in_f16 = compute == 64 || compute == 65;
    return emulated::load(value, in_f64 ? Type::F64 : in_f16 ? Type::F16 : Type::F32, 0);
}

} // namespace

extern "C" {

Status cublasCreate_v2(void **handle) { return *handle = new Handle, OK; }
Status cublasDestroy_v2(void *handle) { return delete static_cast<Handle *>(handle), OK; }
Status cublasSetStream_v2(void *handle, void *stream) { return static_cast<Handle *>(handle)->stream = stream, OK; }
Status cublasSetWorkspace_v2(void *, void *, size_t) { return OK; }
Status cublasSetMathMode(void *, int) { return OK; }
Status cublasSetPointerMode_v2(void *, int) { return OK; }

Status cublasGemmStridedBatchedEx(void *handle, int transpose_a, int transpose_b, int m, int n, int k,
                                  const void *alpha, const void *a, int a_type, int lda,
                                  long long stride_a, const void *b, int b_type, int ldb,
                                  long long stride_b, const void *beta, void *c, int c_type, int ldc,
                                  long long stride_c, int count, int compute, int) {
    const Product product{m, n, k, count, factor(alpha, compute), factor(beta, compute),
                          {a, type_of(a_type), lda, stride_a, transpose_a != 0},
                          {b, type_of(b_type), ldb, stride_b, transpose_b != 0},
                          {c, type_of(c_type), ldc, stride_c, false}};
    return submit(handle, product, compute == 70 || compute == 71);
}

Status cublasGemmEx(void *handle, int transpose_a, int transpose_b, int m, int n, int k,
                    const void *alpha, const void *a, int a_type, int lda, const void *b, int b_type,
                    int ldb, const void *beta, void *c, int c_type, int ldc, int compute, int algorithm) {
    return cublasGemmStridedBatchedEx(handle, transpose_a, transpose_b, m, n, k, alpha, a, a_type, lda,
                                      0, b, b_type, ldb, 0, beta, c, c_type, ldc, 0, 1, compute, algorithm);
}

#define STRIDED(NAME, T, TYPE, COMPUTE)                                                            \
    Status NAME(void *handle, int transpose_a, int transpose_b, int m, int n, int k,               \
                const T *alpha, const T *a, int lda, long long stride_a, const T *b, int ldb,      \
                long long stride_b, const T *beta, T *c, int ldc, long long stride_c, int count) { \
        return cublasGemmStridedBatchedEx(handle, transpose_a, transpose_b, m, n, k, alpha, a,     \
                                          TYPE, lda, stride_a, b, TYPE, ldb, stride_b, beta, c,    \
                                          TYPE, ldc, stride_c, count, COMPUTE, 0);                 \
    }
STRIDED(cublasSgemmStridedBatched, float, 0, 68)
STRIDED(cublasDgemmStridedBatched, double, 1, 70)

} // extern "C"
