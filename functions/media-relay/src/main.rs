use std::{num::NonZero, thread::available_parallelism};

use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A worker beside the one thread that a core can run would only be woken in vain.
    let mut runtime = match available_parallelism().map_or(1, NonZero::get) {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    runtime.enable_all().build()?.block_on(media_relay::run(&|name| std::env::var(name).ok()))
}
