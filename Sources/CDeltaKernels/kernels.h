// The kernels for numbers of type T in vectors of VECTOR_BYTES, compiled once for every pair of them.

#include "CDeltaKernels.h"

#include "vectors.h"
#include "pair.h"
#include "forward.h"
#include "product.h"
#include "backward.h"
#include "decode.h"
#include "limits.h"

const delta_kernels TABLE = {
    .panel_width = WIDTH,
    .forward_workspace = forward_workspace,
    .backward_workspace = backward_workspace,
    .decode_workspace = decode_workspace,
    .forward = forward,
    .backward = backward,
    .decode = decode,
    .peak = peak,
    .update = update,
};
