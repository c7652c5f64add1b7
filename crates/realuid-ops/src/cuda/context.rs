#![allow(unsafe_code)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::CudaDevice;
use candle_core::cuda::cudarc::driver::{CudaFunction, CudaModule, CudaStream};
use candle_core::cuda::cudarc::nvrtc::Ptx;
use candle_core::cuda::{DeviceId, WrapErr};

use super::cudnn::Cudnn;
use crate::Result;

/// What belongs to one device: its stream, the kernels loaded so far, and cuDNN.
pub(crate) struct Context {
    device: CudaDevice,
    stream: Arc<CudaStream>,
    loaded: Mutex<Loaded>,
    cudnn: Mutex<Option<Cudnn>>,
}

#[derive(Default)]
struct Loaded {
    modules: HashMap<&'static str, Arc<CudaModule>>,
    functions: HashMap<String, CudaFunction>,
}

/// Fat binaries by the name of their source.
const MODULES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/modules.rs"));

impl Context {
    /// The context of `device`, the same for all its clones.
    pub fn of(device: &CudaDevice) -> Arc<Self> {
        static ALL: Mutex<Vec<(DeviceId, Arc<Context>)>> = Mutex::new(Vec::new());
        let mut all = lock(&ALL);
        if let Some((_, context)) = all.iter().find(|(id, _)| *id == device.id()) {
            return context.clone();
        }
        let context = Arc::new(Self {
            device: device.clone(),
            stream: device.cuda_stream(),
            loaded: Mutex::default(),
            cudnn: Mutex::default(),
        });
        all.push((device.id(), context.clone()));
        context
    }

    /// candle's name of the device.
    pub fn device(&self) -> &CudaDevice {
        &self.device
    }

    /// The stream on which everything runs.
    pub fn stream(&self) -> &Arc<CudaStream> {
        &self.stream
    }

    /// cuDNN, of one thread at a time; none before its first use.
    pub fn cudnn(&self) -> MutexGuard<'_, Option<Cudnn>> {
        lock(&self.cudnn)
    }

    /// The kernel `name` of `kernels/MODULE.cu`, loaded at its first use.
    pub fn function(&self, module: &'static str, name: &str) -> Result<CudaFunction> {
        let mut loaded = lock(&self.loaded);
        if let Some(function) = loaded.functions.get(name) {
            return Ok(function.clone());
        }
        let function = self.module(&mut loaded, module)?.load_function(name).w()?;
        loaded.functions.insert(name.to_owned(), function.clone());
        Ok(function)
    }

    fn module(&self, loaded: &mut Loaded, name: &'static str) -> Result<Arc<CudaModule>> {
        if let Some(module) = loaded.modules.get(name) {
            return Ok(module.clone());
        }
        let (_, image) = MODULES
            .iter()
            .find(|(module, _)| *module == name)
            .unwrap_or_else(|| panic!("kernels/{name}.cu is compiled with this crate"));
        let module = self.stream.context().load_module(Ptx::from_binary(image.to_vec())).w()?;
        loaded.modules.insert(name, module.clone());
        Ok(module)
    }
}

/// Also after a panic elsewhere: everything locked here changes in single steps.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
