//! The files of one request and their common answer.

use shoebox_core::{Attributes, File, IdempotencyKey, Image, Upload, Uploader, UserId, View};
use shoebox_http::bodies::{FileFailure, ImageBody, UploadedImages};
use shoebox_http::form::UploadedFile;
use shoebox_http::{Call, FailedFile, Failure, Reply, StatusCode, header, partly_failed};

use crate::answer;
use crate::bodies::Uploaded;

/// What all files of a request have in common.
pub(crate) struct Batch<'a> {
    pub(crate) uploader: &'a Uploader,
    pub(crate) call: &'a Call,
    pub(crate) user: UserId,
    pub(crate) attributes: Attributes,
    pub(crate) idempotency_key: Option<IdempotencyKey>,
}

impl Batch<'_> {
    /// Stores every file and answers: 201 where all are stored, 207 where some are.
    pub(crate) async fn store(self, files: Vec<UploadedFile>) -> Result<Reply, Failure> {
        let alone = files.len() == 1;
        let names: Vec<_> = files.iter().map(|file| file.filename.clone()).collect();
        let files = files
            .into_iter()
            .map(|file| File::new(file.bytes, file.filename, file.declared_type));
        let upload = Upload {
            user: &self.user,
            attributes: &self.attributes,
            default_visibility: self.call.default_visibility(),
            idempotency: self.idempotency_key.as_ref(),
        };
        let outcomes = self.uploader.upload(upload, files.collect(), self.call.now);
        let mut stored = Vec::new();
        let mut failed = Vec::new();
        for (index, (outcome, filename)) in outcomes.await?.into_iter().zip(names).enumerate() {
            match outcome {
                Ok(image) => stored.push(image),
                Err(error) => failed.push(FailedFile {
                    index,
                    filename,
                    error,
                }),
            }
        }
        match (alone, stored.pop(), failed.pop()) {
            (true, Some(image), None) => {
                let (uploader, created) = (self.uploader, StatusCode::CREATED);
                let reply =
                    answer::stored(uploader, self.call, created, &image, View::Owner).await?;
                Ok(reply.with(header::LOCATION, &self.call.image_url(image.id)))
            }
            (true, None, Some(failed)) => Err(failed.error.into()),
            (_, None, last) => {
                failed.extend(last);
                Err(Failure::Files(failed))
            }
            (_, Some(image), last) => {
                stored.push(image);
                failed.extend(last);
                self.several(&stored, failed)
            }
        }
    }

    fn several(&self, stored: &[Image], failed: Vec<FailedFile>) -> Result<Reply, Failure> {
        for failed in &failed {
            partly_failed(&format!("file {}", failed.index), &failed.error);
        }
        let status = match failed.as_slice() {
            [] => StatusCode::CREATED,
            [_, ..] => StatusCode::MULTI_STATUS,
        };
        let body = UploadedImages {
            count: stored.len(),
            images: stored.iter().map(|image| self.body(image)).collect(),
            failed: failed.into_iter().map(FileFailure::new).collect(),
        };
        Reply::json(status, &Uploaded::Several(body))
    }

    /// Whoever uploads an image owns it.
    fn body(&self, image: &Image) -> ImageBody {
        ImageBody::new(image, View::Owner, |image| {
            self.uploader.links().s3_url(image)
        })
    }
}
