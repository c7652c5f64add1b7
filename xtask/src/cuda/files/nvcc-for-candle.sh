#!/usr/bin/env bash
# nvcc for the build script of candle-kernels: leaves its kernels of quantised weights and of mixtures of
# experts out, by compiling files without them in their place. The source is the last argument.
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source=${*: -1}
case "$source" in
    */moe/*.cu | */mmvq_gguf.cu | */mmq_gguf/*.cu) source=$home/left-out/left_out.cpp ;;
    # The PTX is named after its source. It has no kernels: asking it for one is an error.
    */candle-kernels*/quantized.cu | src/quantized.cu) source=$home/left-out/quantized.cu ;;
esac
exec "$home/bin/nvcc" "${@:1:$#-1}" "$source"
