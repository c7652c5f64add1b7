use super::{forward, input_gradient, weight_gradient};
use crate::comparison::{assert_close, to_f32, values};
use crate::convolution::{Conv2dConfig, Epilogue, Geometry, Prologue, Resolution, Source};

fn geometry(
    image: [usize; 4],
    filters: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Geometry {
    let weight = [filters, image[3], kernel, kernel];
    Geometry::new(&image, &weight, Conv2dConfig { stride, padding }).unwrap()
}

/// Calls `visit` with indices into the padded and prepared input, the weight and the output of
/// every product that the convolution sums.
fn for_each_product(g: &Geometry, mut visit: impl FnMut(usize, usize, usize)) {
    for position in 0..g.positions() {
        let (image, y, x) = (
            position / (g.out_height * g.out_width),
            position / g.out_width % g.out_height,
            position % g.out_width,
        );
        for patch in 0..g.patch() {
            let (channel, tap_y, tap_x) =
                (patch / (g.kernel * g.kernel), patch / g.kernel % g.kernel, patch % g.kernel);
            let (y, x) = (y * g.stride + tap_y, x * g.stride + tap_x);
            let inside = y.checked_sub(g.padding).zip(x.checked_sub(g.padding));
            let Some((y, x)) = inside.filter(|&(y, x)| y < g.height && x < g.width) else {
                continue;
            };
            let from = ((image * g.height + y) * g.width + x) * g.channels + channel;
            for filter in 0..g.filters {
                visit(from, filter * g.patch() + patch, position * g.filters + filter);
            }
        }
    }
}

/// All three functions against plain loops, in f32 and f64.
fn check(g: Geometry) {
    let (x, weight) =
        (values(g.batch * g.height * g.width * g.channels, 1), values(g.filters * g.patch(), 2));
    let dy = values(g.positions() * g.filters, 3);
    let (mut y, mut dx, mut dw) =
        (vec![0.0; dy.len()], vec![0.0; x.len()], vec![0.0; weight.len()]);
    for_each_product(&g, |from, tap, to| {
        y[to] += x[from] * weight[tap];
        dx[from] += dy[to] * weight[tap];
        dw[tap] += dy[to] * x[from];
    });
    let (mut found_y, mut found_dx, mut found_dw) = (y.clone(), dx.clone(), dw.clone());
    found_dx.fill(9.0);
    forward(Source::plain(&x), &weight, Epilogue::NOTHING, &g, &mut found_y);
    input_gradient(&dy, &weight, &g, &mut found_dx);
    weight_gradient(Source::plain(&x), &dy, &g, &mut found_dw);
    assert_close(&found_y, &y, 1e-12, &format!("{g:?} forward"));
    assert_close(&found_dx, &dx, 1e-12, &format!("{g:?} input gradient"));
    assert_close(&found_dw, &dw, 1e-12, &format!("{g:?} weight gradient"));
    let (x, weight, dy) = (to_f32(&x), to_f32(&weight), to_f32(&dy));
    let (mut found_y, mut found_dx, mut found_dw) = (dy.clone(), x.clone(), weight.clone());
    forward(Source::plain(&x), &weight, Epilogue::NOTHING, &g, &mut found_y);
    input_gradient(&dy, &weight, &g, &mut found_dx);
    weight_gradient(Source::plain(&x), &dy, &g, &mut found_dw);
    assert_close(&found_y, &y, 2e-6, &format!("{g:?} forward"));
    assert_close(&found_dx, &dx, 2e-6, &format!("{g:?} input gradient"));
    assert_close(&found_dw, &dw, 2e-6, &format!("{g:?} weight gradient"));
}

#[test]
fn kernels_strides_and_paddings_of_odd_sizes() {
    for (image, filters, kernel, padding, stride) in [
        ([1, 1, 1, 1], 1, 1, 0, 1),
        ([1, 5, 7, 3], 5, 3, 1, 1),
        ([2, 33, 9, 3], 37, 3, 1, 1),
        ([2, 9, 10, 37], 3, 3, 1, 1),
        ([3, 6, 5, 40], 21, 3, 1, 2),
        ([2, 7, 7, 33], 70, 3, 1, 2),
        ([2, 8, 8, 17], 9, 4, 1, 2),
        ([2, 9, 7, 12], 6, 5, 2, 3),
        ([1, 8, 7, 19], 65, 1, 0, 2),
        ([2, 6, 6, 65], 33, 1, 0, 1),
        ([1, 7, 7, 30], 10, 2, 0, 3),
        ([1, 4, 4, 32], 34, 3, 1, 1),
        ([2, 3, 3, 20], 8, 3, 2, 1),
        ([5, 4, 4, 35], 8, 3, 1, 1),
        ([2, 17, 19, 33], 70, 3, 1, 2),
        ([3, 16, 15, 17], 9, 4, 1, 2),
        ([2, 31, 29, 5], 6, 5, 2, 3),
        ([2, 21, 23, 19], 35, 1, 0, 2),
        ([2, 30, 31, 7], 10, 2, 0, 3),
        ([11, 4, 5, 40], 33, 3, 1, 1),
        ([1, 12, 13, 64], 4, 3, 1, 1),
    ] {
        check(geometry(image, filters, kernel, stride, padding));
    }
}

#[test]
fn prologue_and_epilogue() {
    for (kernel, stored, channels) in [(1, 3, 9), (3, 3, 9), (3, 1, 5), (1, 6, 40)] {
        let g = geometry([2, 2 * stored, 2 * stored, channels], 7, kernel, 1, kernel / 2);
        let stored_values: Vec<f64> = values(g.batch * stored * stored * channels, 1);
        let (weight, residual) =
            (values(g.filters * g.patch(), 2), values(g.positions() * g.filters, 3));
        let (scale, shift) = (values::<f64>(2 * channels, 4), values::<f64>(2 * channels, 5));
        let (bias, per_image) = (values(g.filters, 6), values(2 * g.filters, 7));
        let prepared: Vec<_> = (0..g.batch * g.height * g.width * channels)
            .map(|i| {
                let (c, x, y) =
                    (i % channels, i / channels % g.width, i / channels / g.width % g.height);
                let image = i / (g.height * g.width * channels);
                let from = ((image * stored + y / 2) * stored + x / 2) * channels + c;
                let z =
                    stored_values[from] * scale[image * channels + c] + shift[image * channels + c];
                z / (1.0 + (-z).exp())
            })
            .collect();
        let mut y = residual.clone();
        for (i, y) in y.iter_mut().enumerate() {
            let image = i / (g.out_height * g.out_width * g.filters);
            *y += bias[i % g.filters] + per_image[image * g.filters + i % g.filters];
        }
        let mut dw = vec![0.0; weight.len()];
        for_each_product(&g, |from, tap, to| {
            y[to] += prepared[from] * weight[tap];
            dw[tap] += residual[to] * prepared[from];
        });
        let prologue = Some(Prologue { scale: &scale[..], shift: &shift[..] });
        let source = Source { values: &stored_values[..], prologue, resolution: Resolution::Half };
        let epilogue = Epilogue {
            bias: Some(&bias[..]),
            per_image: Some(&per_image[..]),
            residual: Some(&residual[..]),
        };
        let (mut found_y, mut found_dw) = (y.clone(), dw.clone());
        forward(source, &weight, epilogue, &g, &mut found_y);
        weight_gradient(source, &residual, &g, &mut found_dw);
        assert_close(&found_y, &y, 1e-12, "forward");
        assert_close(&found_dw, &dw, 1e-12, "weight gradient");
    }
}
