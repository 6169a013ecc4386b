//! The files of one request, stored one after the other: verifying an image keeps one core busy, and its pixels
//! in memory, so two at once would only need more of both.

use shoebox_core::{
    Attributes, File, IdempotencyKey, Image, PixelBudget, PresignOptions, Upload, Uploader, UserId,
    View,
};
use shoebox_http::bodies::{FileFailure, ImageBody, UploadedImages};
use shoebox_http::form::UploadedFile;
use shoebox_http::{Call, FailedFile, Failure, Reply, StatusCode, error_chain, partly_failed};

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
        let mut stored = Vec::new();
        let mut failed = Vec::new();
        let mut budget = PixelBudget::new(self.uploader);
        for (index, file) in files.into_iter().enumerate() {
            let filename = file.filename.clone();
            match self.store_one(index, file, &mut budget).await {
                Ok(image) => stored.push(image),
                Err(error) => failed.push(FailedFile {
                    index,
                    filename,
                    error,
                }),
            }
        }
        match (alone, stored.pop(), failed.pop()) {
            (true, Some(image), None) => self.one(&image).await,
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

    async fn store_one(
        &self,
        index: usize,
        file: UploadedFile,
        budget: &mut PixelBudget,
    ) -> Result<Image, shoebox_core::Error> {
        let upload = Upload {
            user: &self.user,
            attributes: &self.attributes,
            default_visibility: self.call.default_visibility(),
            idempotency: self.idempotency_key.as_ref().map(|key| (key, index)),
        };
        let file = File {
            bytes: file.bytes,
            filename: file.filename,
            declared_type: file.declared_type,
        };
        budget.take(&file)?;
        self.uploader.upload(upload, file, self.call.now).await
    }

    /// The answer for one image. It is stored, so that it has no URL is no reason to call the upload failed.
    async fn one(&self, image: &Image) -> Result<Reply, Failure> {
        let options = PresignOptions::default();
        let body = self.body(image);
        let body = match self.uploader.presign(image, options, self.call.now).await {
            Ok(url) => body.with_url(url),
            Err(error) => {
                tracing::error!(error = error_chain(&error), "no URL for the new image");
                body
            }
        };
        let location = self.call.image_url(image.id);
        let reply = Reply::json(StatusCode::CREATED, &Uploaded::One(Box::new(body)))?;
        Ok(reply
            .with(shoebox_http::header::LOCATION, &location)
            .with_etag(&image.etag()))
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
        ImageBody::new(image, View::Owner, |image| self.uploader.s3_url(image))
    }
}
