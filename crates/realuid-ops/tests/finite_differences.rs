//! Every operation's gradient against central differences in f64, for every input.

mod common;

use candle_core::{D, Tensor};
use common::on_images;
use realuid_ops::{
    Conv2dConfig, Convolution, GroupNorm, HeadOrder, RandomStream, Tape, add, avg_pool2d, concat,
    conv2d, dropout, group_norm, group_norm_silu, linear, linear_plus, on_tape, self_attention,
    silu, softmax, softplus, upsample_nearest2d,
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
        assert_gradients(&[x, w, &[w[0]]], |i| {
            on_images(&i[0], |x| conv2d(x, &i[1], Some(&i[2]), config))
        });
        assert_gradients(&[x, w], |i| on_images(&i[0], |x| conv2d(x, &i[1], None, config)));
    }
}

/// Everything that a convolution does on the way in and out, at once and for every input.
#[test]
fn convolution_with_its_neighbours() {
    let same = Conv2dConfig { stride: 1, padding: 1 };
    let shapes: [&[usize]; 8] =
        [&[2, 4, 3, 5], &[3, 4, 3, 3], &[3], &[4], &[4], &[2, 8], &[2, 3], &[2, 3, 6, 10]];
    assert_gradients(&shapes, |i| {
        on_images(&i[0], |x| {
            let norm = norm(&i[3], &i[4], 2);
            let residual = x.join(&i[7].permute((0, 2, 3, 1))?)?;
            let (modulation, per_image) = (x.join(&i[5])?, x.join(&i[6])?);
            Convolution::new(&i[1], Some(&i[2]), same)
                .after_norm_silu(&norm, Some(&modulation))
                .after_doubling()
                .plus_per_image(&per_image)
                .plus(&residual)
                .apply(x)
        })
    });
    let shapes: [&[usize]; 4] = [&[2, 4, 5, 3], &[3, 4, 3, 3], &[4], &[4]];
    assert_gradients(&shapes, |i| {
        on_images(&i[0], |x| {
            let norm = norm(&i[2], &i[3], 4);
            Convolution::new(&i[1], None, same).after_norm_silu(&norm, None).apply(x)
        })
    });
}

#[test]
fn linear_maps() {
    let with_bias: [&[usize]; 3] = [&[5, 3], &[4, 3], &[4]];
    assert_gradients(&with_bias, |i| on_tape(&i[0], |x| linear(x, &i[1], Some(&i[2]))));
    assert_gradients(&[&[2, 3, 5], &[7, 5]], |i| on_tape(&i[0], |x| linear(x, &i[1], None)));
    assert_gradients(&[&[3], &[2, 3, 1], &[2]], |i| {
        on_tape(&i[0], |x| linear(x, &i[1], Some(&i[2])))
    });
    assert_gradients(&[&[5, 3], &[4, 3], &[4], &[5, 4]], |i| {
        on_tape(&i[0], |x| linear_plus(x, &i[1], Some(&i[2]), Some(&x.join(&i[3])?)))
    });
}

#[test]
fn normalisation() {
    let cases: [(&[usize], usize); 4] =
        [(&[2, 3, 5, 6], 3), (&[3, 7, 5, 4], 1), (&[4, 6], 2), (&[2, 133, 4], 4)];
    for (x, groups) in cases {
        let (b, c) = (x[0], x[x.len() - 1]);
        let shapes: [&[usize]; 3] = [x, &[c], &[c]];
        assert_gradients(&shapes, |i| {
            on_tape(&i[0], |x| group_norm(x, &norm(&i[1], &i[2], groups)))
        });
        assert_gradients(&shapes, |i| {
            on_tape(&i[0], |x| group_norm_silu(x, &norm(&i[1], &i[2], groups), None))
        });
        assert_gradients(&[x, &[c], &[c], &[b, 2 * c]], |i| {
            on_tape(&i[0], |x| {
                let modulation = x.join(&i[3])?;
                group_norm_silu(x, &norm(&i[1], &i[2], groups), Some(&modulation))
            })
        });
    }
}

#[test]
fn attention_heads() {
    for order in [HeadOrder::HeadsFirst, HeadOrder::QueriesFirst] {
        assert_gradients(&[&[2, 5, 18]], |i| on_tape(&i[0], |x| self_attention(x, 2, order)));
        assert_gradients(&[&[1, 1, 6]], |i| on_tape(&i[0], |x| self_attention(x, 1, order)));
    }
}

#[test]
fn pointwise() {
    assert_gradients(&[&[3, 7]], |i| on_tape(&i[0], silu));
    assert_gradients(&[&[3, 7]], |i| on_tape(&i[0], softplus));
    assert_gradients(&[&[3, 7]], |i| on_tape(&i[0], softmax));
    assert_gradients(&[&[2, 3, 19]], |i| on_tape(&i[0], softmax));
    let mask = RandomStream::new(1, "dropout", 0);
    assert_gradients(&[&[5, 7]], |i| on_tape(&i[0], |x| dropout(x, &mask, 0.3)));
}

#[test]
fn resampling_and_channels() {
    assert_gradients(&[&[2, 3, 2, 5]], |i| on_tape(&i[0], |x| upsample_nearest2d(x, 2)));
    assert_gradients(&[&[1, 2, 3, 1]], |i| on_tape(&i[0], |x| upsample_nearest2d(x, 3)));
    assert_gradients(&[&[2, 4, 6, 3]], |i| on_tape(&i[0], |x| avg_pool2d(x, 2)));
    assert_gradients(&[&[1, 3, 6, 2]], |i| on_tape(&i[0], |x| avg_pool2d(x, 3)));
    assert_gradients(&[&[2, 3, 4], &[2, 3, 5]], |i| on_tape(&i[0], |x| concat(x, &x.join(&i[1])?)));
    assert_gradients(&[&[4, 3], &[4, 3]], |i| on_tape(&i[0], |x| add(x, &x.join(&i[1])?)));
}

/// One value used in several places: its gradients are summed, over candle's graph and the tape.
#[test]
fn values_used_more_than_once() {
    assert_gradients(&[&[3, 4], &[4, 4]], |i| {
        let tape = Tape::new();
        let x = tape.input(&i[0])?;
        let h = silu(&linear(&x, &i[1], None)?)?;
        let h = add(&add(&linear(&h, &i[1], None)?, &h)?, &x)?;
        let twice = (&i[0] * 2.0)?;
        realuid_ops::Result::Ok((tape.output(add(&h, &x)?)? + twice)?)
    });
}

#[test]
fn inputs_that_are_not_contiguous() {
    assert_gradients(&[&[5, 3], &[3, 4]], |i| on_tape(&i[0], |x| linear(x, &i[1].t()?, None)));
    assert_gradients(&[&[2, 5, 3, 4], &[2, 3, 3, 3]], |i| {
        let x = i[0].permute((0, 2, 3, 1))?.narrow(D::Minus1, 1, 3)?;
        on_tape(&x, |x| conv2d(x, &i[1], None, Conv2dConfig { stride: 1, padding: 1 }))
    });
}
