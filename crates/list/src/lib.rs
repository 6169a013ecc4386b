//! The Lambda function of GET /images.
