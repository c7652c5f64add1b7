//! Networks as published, under their published parameter names, with strict loading and saving.
