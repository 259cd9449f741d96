//! Waiting for a future on a thread of our own, for a bounded time.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

struct Bell(SyncSender<()>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // A full channel holds a ring that wasn't heard yet: one is enough.
        let _ = self.0.try_send(());
    }
}

/// Drives `future` to its end; `None` where it slept for `patience` without being woken. Needs no
/// runtime, so it may be called from any thread that may block.
pub fn wait_for<F: Future>(future: F, patience: Duration) -> Option<F::Output> {
    let (ring, heard) = sync_channel(1);
    let waker = Waker::from(Arc::new(Bell(ring)));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return Some(output),
            Poll::Pending => heard.recv_timeout(patience).ok()?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[test]
    fn gives_what_comes_and_gives_up_on_what_does_not() {
        assert_eq!(wait_for(ready(7), Duration::ZERO), Some(7));
        assert_eq!(wait_for(pending::<()>(), Duration::from_millis(1)), None);
        let (send, receive) = tokio::sync::oneshot::channel();
        let sender = std::thread::spawn(move || send.send(3));
        assert_eq!(wait_for(receive, Duration::from_secs(10)), Some(Ok(3)));
        sender.join().unwrap().unwrap();
    }
}
