//! The Lambda function of POST /images.
fn main() {}
