//! Every operation's gradient against central differences in f64, for every input.

use candle_core::Tensor;
use realuid_ops::{
    Conv2dConfig, GroupNorm, RandomStream, add_channels, attention, avg_pool2d, conv2d, dropout,
    group_norm, group_norm_scale_shift_silu, group_norm_silu, linear, silu, softmax, softplus,
    upsample_nearest2d,
};
use realuid_testkit::assert_gradients;

fn norm(weight: &Tensor, bias: &Tensor, groups: usize) -> GroupNorm {
    GroupNorm { weight: weight.clone(), bias: bias.clone(), groups, eps: 1e-5 }
}

#[test]
fn convolution() {
    // (x, weight, stride, padding): odd sizes, pointwise, strided pointwise, wide padding, one
    // image larger than a group of images, kernel as large as the padded image.
    let cases: [(&[usize], &[usize], usize, usize); 8] = [
        (&[3, 2, 5, 7], &[4, 2, 3, 3], 1, 1),
        (&[2, 3, 6, 5], &[2, 3, 3, 3], 2, 1),
        (&[2, 3, 4, 4], &[5, 3, 1, 1], 1, 0),
        (&[2, 3, 5, 4], &[2, 3, 1, 1], 2, 0),
        (&[1, 2, 3, 4], &[2, 2, 2, 2], 1, 3),
        (&[1, 1, 17, 18], &[2, 1, 3, 3], 1, 1),
        (&[1, 2, 17, 18], &[2, 2, 1, 1], 1, 0),
        (&[2, 1, 3, 5], &[2, 1, 5, 5], 3, 1),
    ];
    for (x, w, stride, padding) in cases {
        let config = Conv2dConfig { stride, padding };
        assert_gradients(&[x, w, &[w[0]]], |i| conv2d(&i[0], &i[1], Some(&i[2]), config));
        assert_gradients(&[x, w], |i| conv2d(&i[0], &i[1], None, config));
    }
}

#[test]
fn linear_maps() {
    assert_gradients(&[&[5, 3], &[4, 3], &[4]], |i| linear(&i[0], &i[1], Some(&i[2])));
    assert_gradients(&[&[2, 3, 5], &[7, 5]], |i| linear(&i[0], &i[1], None));
    assert_gradients(&[&[3], &[2, 3], &[2]], |i| linear(&i[0], &i[1], Some(&i[2])));
}

#[test]
fn normalisation() {
    let cases: [(&[usize], usize); 4] =
        [(&[2, 6, 3, 5], 3), (&[3, 4, 7, 5], 1), (&[4, 6], 2), (&[2, 4, 33], 4)];
    for (x, groups) in cases {
        let c = x[1];
        let shapes: [&[usize]; 3] = [x, &[c], &[c]];
        assert_gradients(&shapes, |i| group_norm(&i[0], &norm(&i[1], &i[2], groups)));
        assert_gradients(&shapes, |i| group_norm_silu(&i[0], &norm(&i[1], &i[2], groups)));
        let embedded: [&[usize]; 5] = [x, &[c], &[c], &x[..2], &x[..2]];
        assert_gradients(&embedded, |i| {
            group_norm_scale_shift_silu(&i[0], &norm(&i[1], &i[2], groups), &i[3], &i[4])
        });
    }
}

#[test]
fn attention_heads() {
    assert_gradients(&[&[2, 3, 4, 5], &[2, 3, 6, 5], &[2, 3, 6, 2]], |i| {
        attention(&i[0], &i[1], &i[2], 0.4)
    });
    assert_gradients(&[&[1, 1, 3, 2]], |i| attention(&i[0], &i[0], &i[0], 1.0));
}

#[test]
fn pointwise() {
    assert_gradients(&[&[3, 7]], |i| silu(&i[0]));
    assert_gradients(&[&[3, 7]], |i| softplus(&i[0]));
    assert_gradients(&[&[3, 7]], |i| softmax(&i[0]));
    assert_gradients(&[&[2, 3, 19]], |i| softmax(&i[0]));
    let mask = RandomStream::new(1, "dropout", 0);
    assert_gradients(&[&[5, 7]], |i| dropout(&i[0], &mask, 0.3));
}

#[test]
fn resampling_and_channels() {
    assert_gradients(&[&[2, 3, 2, 5]], |i| upsample_nearest2d(&i[0], 2));
    assert_gradients(&[&[1, 2, 3, 1]], |i| upsample_nearest2d(&i[0], 3));
    assert_gradients(&[&[2, 3, 4, 6]], |i| avg_pool2d(&i[0], 2));
    assert_gradients(&[&[1, 2, 3, 6]], |i| avg_pool2d(&i[0], 3));
    assert_gradients(&[&[2, 3, 4, 5], &[2, 3]], |i| add_channels(&i[0], &i[1]));
    assert_gradients(&[&[4, 3], &[4, 3]], |i| add_channels(&i[0], &i[1]));
}

#[test]
fn inputs_that_are_not_contiguous() {
    assert_gradients(&[&[5, 3], &[3, 4]], |i| linear(&i[0], &i[1].t()?, None));
    assert_gradients(&[&[2, 5, 3, 4], &[2, 3, 3, 3]], |i| {
        let x = i[0].permute((0, 2, 3, 1))?.narrow(3, 1, 4)?;
        conv2d(&x, &i[1], None, Conv2dConfig { stride: 1, padding: 1 })
    });
}
