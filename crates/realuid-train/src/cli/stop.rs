use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::console::say;

/// A flag that Ctrl-C (or a request to terminate) sets; the second one ends the process at once.
pub fn on_interrupt() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        say("Stopping after this step; once more to stop at once.");
    })?;
    Ok(stop)
}
