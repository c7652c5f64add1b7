//! Interpolation paths, predictions and their conversions, time distributions and samplers of matching models.
