//! The Lambda function of POST /images.
