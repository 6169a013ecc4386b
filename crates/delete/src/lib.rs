//! The Lambda function of DELETE /images/{id} and DELETE /images.
