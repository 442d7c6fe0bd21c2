//! What the whole relay allocates a frame, the WebSocket library included: the same router, on a thread of
//! this process whose allocations are counted.

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use axum::serve::ListenerExt;
use media_relay::{Model, Slots, State, app};
use tokio::{net::TcpListener, time::sleep};
use twin::{
    call::Limits,
    clients::{openai::Prices, realtime::Realtime},
    config::{OpenAi, PublicUrls, Secret},
    wire::realtime::session::VoiceOptions,
};

use crate::{Outcome, backend::Backend};

/// Counts are published this often.
const SLICE: Duration = Duration::from_millis(50);

/// A relay in this process.
pub struct Counted {
    pub address: SocketAddr,
    allocations: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Counted {
    pub fn start(backend: &Backend, model: SocketAddr) -> Outcome<Self> {
        let listener = StdListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let state = state(backend, address, model)?;
        let (allocations, stop) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (count, stopped) = (allocations.clone(), stop.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::spawn(move || {
            let serve = async move {
                let listener = TcpListener::from_std(listener)?.tap_io(|io| {
                    io.set_nodelay(true).unwrap_or_default();
                });
                axum::serve(listener, app(state)).await
            };
            runtime.spawn(serve);
            while !stopped.load(Ordering::Relaxed) {
                let slice = allocation_counter::measure(|| runtime.block_on(async { sleep(SLICE).await }));
                count.fetch_add(slice.count_total, Ordering::Relaxed);
            }
        });
        Ok(Self { address, allocations, stop, thread: Some(thread) })
    }

    pub fn allocations(&self) -> u64 {
        self.allocations.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            eprintln!("the counted relay panicked");
        }
    }
}

fn state(backend: &Backend, relay: SocketAddr, model: SocketAddr) -> Outcome<State> {
    let stack = &backend.stack;
    let voice = VoiceOptions::default();
    let openai = OpenAi {
        prices: Prices::default(),
        daily_budget: u64::MAX,
        live_model: None,
        api_key: Secret::new("none"),
        base_url: format!("http://{model}/v1"),
        realtime_model: "none".to_owned(),
        voice: voice.voice.clone(),
        text_model: String::new(),
    };
    Ok(State {
        twin: stack.twin.clone(),
        twilio: Arc::new(stack.account.clone()),
        urls: Arc::new(PublicUrls { base: stack.urls.base.clone(), relay: format!("ws://{relay}") }),
        tickets: backend.tickets.clone(),
        realtime: Realtime::new(openai.clone())?,
        model: Model::new(openai),
        voice: Arc::new(voice),
        limits: Limits::default(),
        call_logs: None,
        slots: Slots::new(1000),
        telephony: stack.telephony.clone(),
        metrics_of: None,
    })
}
