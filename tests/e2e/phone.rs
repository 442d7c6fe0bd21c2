mod calls;
mod faults;
mod relay;
mod webhook;
