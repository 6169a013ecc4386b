//! The local server from outside: the gateway alone, the whole service in process, and the program itself.

#[cfg(test)]
mod aws_endpoint;
#[cfg(test)]
mod deployment;
#[cfg(test)]
mod expiry;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod process;
#[cfg(test)]
mod service;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod support;
#[cfg(test)]
mod watch;
