//! Training, distillation, sampling and evaluation of matching models: the library and the realuid command.
