#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::DType;

use super::statistics::groups;
use super::{ActivationKernels, LearnedViews, Rows, Statistics, parameter};
use crate::Result;
use crate::cuda::{Array, Context, Launch, View};

/// The backward pass of a normalisation with its activation.
pub(crate) struct NormBackward<'a> {
    pub statistics: &'a Statistics,
    pub learned: LearnedViews<'a>,
    /// The argument of the forward pass.
    pub x: View<'a>,
    /// Gradients wanted: of x, weight, bias and modulation.
    pub wanted: [bool; 4],
}

impl NormBackward<'_> {
    /// The wanted gradients from that of the result; the same bits on every run.
    ///
    /// With xhat the normalised x and d = gradient * slope of the activation:
    /// dx = (weight d - mean(weight d) - xhat mean(weight d xhat)) / deviation.
    pub fn compute(
        &self,
        context: &Arc<Context>,
        activation: &ActivationKernels,
        gradient: Arc<Array>,
    ) -> Result<[Option<Arc<Array>>; 4]> {
        let (sums, terms) = self.sums(context, activation, &gradient)?;
        let [for_x, for_weight, for_bias, for_modulation] = self.wanted;
        let [weight, bias] = self.learned_gradients(context, &sums, [for_weight, for_bias])?;
        let modulation =
            for_modulation.then(|| self.modulation_gradient(context, &sums)).transpose()?;
        let x = for_x
            .then(|| self.input_gradient(context, activation, gradient, &terms))
            .transpose()?;
        Ok([x, weight, bias, modulation].map(|gradient| gradient.map(Arc::new)))
    }

    fn rows(&self, arrays: &[View<'_>]) -> Rows {
        let sizes = self.statistics.sizes;
        Rows::new([sizes.batch, sizes.positions, sizes.channels], arrays)
    }

    /// Sums of d and of d xhat, [B, 2, C], and the terms [B, groups, 2] of `kernels/norm_terms.cu`.
    fn sums(
        &self,
        context: &Arc<Context>,
        activation: &ActivationKernels,
        gradient: &Array,
    ) -> Result<(Array, Array)> {
        let Statistics { sizes, moments, table } = self.statistics;
        let rows = self.rows(&[self.x, gradient.view()]);
        let array = |len| Array::stale(context, DType::F32, len);
        let blocks = array(rows.blocks() * 2 * sizes.channels)?;
        let mut arguments = vec![self.x.into(), gradient.into(), table.into(), (&blocks).into()];
        arguments.extend(rows.arguments());
        let kernel = ["norm_gradient_sums", activation.gradient_sums];
        // SAFETY: the kernel takes x, the gradient, the table, two rows of sums for each block, and
        // how the rows are divided.
        unsafe { context.launch(kernel, self.x.dtype, rows.launch(), &arguments)? };

        let sums = array(sizes.batch * 2 * sizes.channels)?;
        let terms = array(sizes.batch * sizes.groups * 2)?;
        let mut arguments = vec![(&blocks).into(), moments.into(), table.into()];
        arguments.extend_from_slice(&[(&sums).into(), (&terms).into()]);
        arguments.extend_from_slice(&[sizes.batch.into(), sizes.groups.into()]);
        arguments.extend(rows.shape());
        // SAFETY: the kernel takes the sums of blocks, moments and table, both results and the sizes.
        unsafe { context.launch(["norm_terms"; 2], DType::F32, groups(*sizes), &arguments)? };
        Ok((sums, terms))
    }

    /// Over the gradient of the result, if nobody else holds it.
    fn input_gradient(
        &self,
        context: &Arc<Context>,
        activation: &ActivationKernels,
        gradient: Arc<Array>,
        terms: &Array,
    ) -> Result<Array> {
        let read = gradient.view().pointer;
        let (out, _shared) = match Arc::try_unwrap(gradient) {
            Ok(own) => (own, None),
            Err(shared) => (Array::stale(context, shared.dtype(), shared.len())?, Some(shared)),
        };
        let rows = self.rows(&[self.x, out.view()]);
        let Statistics { sizes, table, .. } = self.statistics;
        let mut arguments = vec![self.x.into(), crate::cuda::Argument::Pointer(read)];
        arguments.extend_from_slice(&[
            (&out).into(),
            table.into(),
            terms.into(),
            sizes.groups.into(),
        ]);
        arguments.extend(rows.arguments());
        let kernel = ["norm_gradient", activation.gradient];
        // SAFETY: the kernel takes x, the gradient, which lives on in `out` or in `_shared`, the
        // result, table and terms, the number of groups, and how the rows are divided.
        unsafe { context.launch(kernel, self.x.dtype, rows.launch(), &arguments)? };
        Ok(out)
    }

    /// The wanted gradients of weight and bias.
    fn learned_gradients(
        &self,
        context: &Arc<Context>,
        sums: &Array,
        wanted: [bool; 2],
    ) -> Result<[Option<Array>; 2]> {
        const COLUMNS: usize = 32;
        const LINES: usize = 8;
        if wanted == [false; 2] {
            return Ok([None, None]);
        }
        let sizes = self.statistics.sizes;
        let stale = |wanted: bool, like: View<'_>| {
            wanted.then(|| Array::stale(context, like.dtype, sizes.channels)).transpose()
        };
        let weight = stale(wanted[0], self.learned.weight)?;
        let bias = stale(wanted[1], self.learned.bias)?;
        let mut arguments = vec![sums.into(), self.learned.modulation.into()];
        arguments.extend(parameter(weight.as_ref().map(Array::view)));
        arguments.extend(parameter(bias.as_ref().map(Array::view)));
        arguments.extend_from_slice(&[sizes.batch.into(), sizes.channels.into()]);
        let launch = Launch::rows(sizes.channels.div_ceil(COLUMNS), (COLUMNS * LINES) as u32);
        let kernel = ["norm_learned_gradients"; 2];
        // SAFETY: the kernel takes the sums, modulation, both results and the sizes.
        unsafe { context.launch(kernel, self.x.dtype, launch, &arguments)? };
        Ok([weight, bias])
    }

    fn modulation_gradient(&self, context: &Arc<Context>, sums: &Array) -> Result<Array> {
        let sizes = self.statistics.sizes;
        let out = Array::stale(context, self.x.dtype, sums.len())?;
        let mut arguments = vec![sums.into()];
        arguments.extend(parameter(Some(self.learned.weight)));
        arguments.extend(parameter(Some(self.learned.bias)));
        arguments.extend_from_slice(&[(&out).into(), sizes.batch.into(), sizes.channels.into()]);
        let kernel = ["norm_learned_gradients", "norm_modulation_gradient"];
        let launch = Launch::elements(sizes.batch * sizes.channels);
        // SAFETY: the kernel takes the sums, weight, bias, the result and the sizes.
        unsafe { context.launch(kernel, self.x.dtype, launch, &arguments)? };
        Ok(out)
    }
}
