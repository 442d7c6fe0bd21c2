mod calls;
mod faults;
mod killed;
mod logs;
mod relay;
mod rest;
mod routing;
mod webhook;
