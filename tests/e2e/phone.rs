mod calls;
mod faults;
mod killed;
mod logs;
mod relay;
mod webhook;
