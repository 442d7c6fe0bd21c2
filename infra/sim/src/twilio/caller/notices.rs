//! Callbacks, delivered beside the call.

use tokio::{sync::mpsc, task::JoinHandle};

use crate::twilio::{
    faults::Callbacks,
    twiml::Target,
    web::{Params, Web},
};

pub type Sender = mpsc::UnboundedSender<(&'static str, Target, Params)>;

/// Callbacks, delivered one after the other beside the call.
#[derive(Debug)]
pub struct Notices {
    queue: mpsc::UnboundedSender<(&'static str, Target, Params)>,
    task: JoinHandle<()>,
}

impl Notices {
    pub fn start(web: Web, order: Callbacks) -> Self {
        let (queue, mut waiting) = mpsc::unbounded_channel::<(&'static str, Target, Params)>();
        let deliver = async move {
            let mut held_back = Vec::new();
            while let Some((purpose, target, params)) = waiting.recv().await {
                if order == Callbacks::Reversed && purpose == "status" {
                    held_back.push((target, params));
                    continue;
                }
                if order == Callbacks::AtOnce {
                    let again = web.notify(purpose, &target, params.clone());
                    tokio::join!(web.notify(purpose, &target, params.clone()), again);
                    continue;
                }
                web.notify(purpose, &target, params.clone()).await;
                if order == Callbacks::Twice {
                    web.notify(purpose, &target, params).await;
                }
            }
            for (target, params) in held_back.into_iter().rev() {
                web.notify("status", &target, params).await;
            }
        };
        Self { queue, task: tokio::spawn(deliver) }
    }

    /// Another way into the same queue; it has to be gone before [`Self::finish`] can return.
    pub fn sender(&self) -> Sender {
        self.queue.clone()
    }

    pub fn send(&self, purpose: &'static str, target: Target, params: Params) {
        // The task reads until this side is dropped.
        let _queued = self.queue.send((purpose, target, params));
    }

    pub async fn finish(self) {
        drop(self.queue);
        // A callback that panicked stands nowhere in the log; that is enough.
        let _finished = self.task.await;
    }
}
