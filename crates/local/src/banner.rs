//! What the user reads once the server answers.

use std::io::{self, Write as _};

use local::{ACCESS_KEY, Data, REGION, Running};

/// Prints where everything is and how to reach it.
pub(crate) fn print(running: &Running, data: &Data) -> io::Result<()> {
    let Running {
        api_url,
        aws_url,
        bucket,
        table,
        ..
    } = running;
    let kept = match data {
        Data::Directory(path) => format!("data in {}", path.display()),
        Data::Ephemeral => "data gone when it stops".to_owned(),
    };
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Shoebox {version} is running; {kept}.

  Gallery       {api_url}/
  API           {api_url}/images
  Docs          {api_url}/docs   {api_url}/redoc
  AWS endpoint  {aws_url}   (S3 and DynamoDB)

  export AWS_ACCESS_KEY_ID={ACCESS_KEY} AWS_SECRET_ACCESS_KEY={ACCESS_KEY} AWS_DEFAULT_REGION={REGION}
  aws --endpoint-url {aws_url} s3 ls --recursive s3://{bucket}
  aws --endpoint-url {aws_url} dynamodb scan --table-name {table} --max-items 5

  Ctrl-C stops it.",
        version = env!("CARGO_PKG_VERSION"),
    )?;
    out.flush()
}
