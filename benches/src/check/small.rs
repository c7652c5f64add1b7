//! What networks do that the benchmarked operations do not, and odd sizes: channels that no access of
//! several numbers fits, images that no block divides.

use realuid_ops::{
    Conv2dConfig, Convolution, GroupNorm, HeadOrder, RandomStream, Value, add, avg_pool2d,
    channels_first, channels_last, concat, conv2d, dropout, group_norm, group_norm_silu, linear,
    linear_plus, self_attention, silu, softmax, softplus, upsample_nearest2d,
};

use crate::cost::Cost;
use crate::operations::Operation;

/// A function of one activation.
type Function = fn(&Value) -> realuid_ops::Result<Value>;

/// Every operation, small.
pub fn operations() -> Vec<Operation> {
    let mut all = of_one();
    all.extend(of_several());
    all.extend(attention());
    all.extend(norms());
    all.extend(convolutions());
    all.extend(products());
    all
}

fn of_one() -> Vec<Operation> {
    let functions: [(&str, &[usize], Function); 9] = [
        ("silu", &[3, 257], silu),
        ("softplus", &[3, 257], softplus),
        ("softmax", &[70, 100], softmax),
        ("softmax-long", &[2, 2500], softmax),
        ("upsample", &[2, 5, 3, 8], |x| upsample_nearest2d(x, 2)),
        ("average-pool", &[2, 12, 6, 3], |x| avg_pool2d(x, 3)),
        ("channels-last", &[2, 3, 5, 17], channels_last),
        ("channels-first", &[2, 5, 17, 4], channels_first),
        ("dropout", &[2, 8, 64], |x| dropout(x, &RandomStream::new(3, "mask", 5), 0.3)),
    ];
    let operation = |(name, shape, function): (&'static str, &[usize], Function)| {
        Operation::new(name, [&[shape], &[]], Cost::default(), move |_, x, _| Ok(function(&x[0])?))
    };
    functions.into_iter().map(operation).collect()
}

fn of_several() -> Vec<Operation> {
    let images: [&[usize]; 2] = [&[2, 7, 9, 3], &[2, 7, 9, 8]];
    vec![
        Operation::new("add", [&[&[3, 1001], &[3, 1001]], &[]], Cost::default(), |_, x, _| {
            Ok(add(&x[0], &x[1])?)
        }),
        Operation::new("concat", [&images, &[]], Cost::default(), |_, x, _| {
            Ok(concat(&x[0], &x[1])?)
        }),
    ]
}

fn attention() -> Vec<Operation> {
    let of = |name, heads: usize, width: usize, order| {
        let projection = [2, 70, 3 * heads * width];
        Operation::new(name, [&[&projection], &[]], Cost::default(), move |_, x, _| {
            Ok(self_attention(&x[0], heads, order)?)
        })
    };
    vec![
        of("attention-2x17-70", 2, 17, HeadOrder::HeadsFirst),
        of("attention-1x64-70", 1, 64, HeadOrder::QueriesFirst),
        of("attention-1x260-70", 1, 260, HeadOrder::HeadsFirst),
    ]
}

fn norms() -> Vec<Operation> {
    let (x, modulation): (&[usize], &[usize]) = (&[3, 5, 7, 12], &[3, 24]);
    let learned: [&[usize]; 2] = [&[12], &[12]];
    vec![
        Operation::new("group-norm", [&[x], &learned], Cost::default(), |_, x, parameters| {
            Ok(group_norm(&x[0], &norm(parameters, 4))?)
        }),
        Operation::new(
            "group-norm-silu-modulated",
            [&[x, modulation], &learned],
            Cost::default(),
            |_, x, parameters| Ok(group_norm_silu(&x[0], &norm(parameters, 12), Some(&x[1]))?),
        ),
    ]
}

fn norm(parameters: &[candle_core::Tensor], groups: usize) -> GroupNorm {
    let [weight, bias] = [0, 1].map(|index| parameters[index].clone());
    GroupNorm { weight, bias, groups, eps: 1e-5 }
}

fn convolutions() -> Vec<Operation> {
    let plain = |name, kernel: usize, stride, padding, channels, filters| {
        let config = Conv2dConfig { stride, padding };
        let shapes: [&[&[usize]]; 2] =
            [&[&[2, 7, 5, channels]], &[&[filters, channels, kernel, kernel], &[filters]]];
        Operation::new(name, shapes, Cost::default(), move |_, x, parameters| {
            Ok(conv2d(&x[0], &parameters[0], Some(&parameters[1]), config)?)
        })
    };
    vec![
        plain("conv3x3-8-16", 3, 1, 1, 8, 16),
        plain("conv3x3-3-8", 3, 1, 1, 3, 8),
        plain("conv3x3-6-5", 3, 1, 1, 6, 5),
        plain("conv1x1-8-16", 1, 1, 0, 8, 16),
        plain("conv3x3-stride2-8-16", 3, 2, 1, 8, 16),
        plain("conv5x5-stride3-3-8", 5, 3, 2, 3, 8),
        beside_all(),
    ]
}

/// A convolution with everything that may stand beside it.
fn beside_all() -> Operation {
    let activations: [&[usize]; 4] = [&[2, 7, 5, 16], &[2, 32], &[2, 8], &[2, 14, 10, 8]];
    let parameters: [&[usize]; 4] = [&[16], &[16], &[8, 16, 3, 3], &[8]];
    let shapes: [&[&[usize]]; 2] = [&activations, &parameters];
    Operation::new("conv3x3-beside-all", shapes, Cost::default(), |_, activations, parameters| {
        let [x, modulation, per_image, residual] = activations else {
            unreachable!("four activations")
        };
        let norm = norm(parameters, 4);
        let same = Conv2dConfig { stride: 1, padding: 1 };
        let convolution = Convolution::new(&parameters[2], Some(&parameters[3]), same)
            .after_norm_silu(&norm, Some(modulation))
            .after_doubling()
            .plus_per_image(per_image)
            .plus(residual);
        Ok(convolution.apply(x)?)
    })
}

fn products() -> Vec<Operation> {
    let map: [&[usize]; 2] = [&[77, 64], &[77]];
    let residual: [&[usize]; 2] = [&[2, 33, 64], &[2, 33, 77]];
    vec![
        Operation::new("linear-33x64-77", [&[&[33, 64]], &map], Cost::default(), |_, x, p| {
            Ok(linear(&x[0], &p[0], Some(&p[1]))?)
        }),
        Operation::new("linear-plus", [&residual, &map], Cost::default(), |_, x, p| {
            Ok(linear_plus(&x[0], &p[0], Some(&p[1]), Some(&x[1]))?)
        }),
    ]
}
