'use strict';

// Gives the API a stage of its own in the template (ApiStage in deploy/api.yml), where throttling and access logs are
// set. osls makes the stage a by-product of the deployment, which takes no such settings, and names each deployment
// after the time, so that every template differs from the last. Here the deployment is named after what it deploys: it
// is replaced when routes or answers change, or the parameter redeploy does, and only then. With the parameter
// apiKeyRequired every method asks for a key of the usage plan, which API Gateway applies to no other.

const { createHash } = require('node:crypto');

const PART_OF_DEPLOYMENT = /^AWS::ApiGateway::(Resource|Method|GatewayResponse|RestApi)$/;

// What every name that is made of the stage takes: buckets no capitals, the longest of them 20 characters of the stage.
const STAGE = /^[a-z0-9][a-z0-9-]{0,19}$/;

class Stage {
  constructor(serverless) {
    this.hooks = {
      'before:package:initialize': () => {
        const { stage } = serverless.service.provider;
        if (!STAGE.test(stage)) {
          throw new serverless.classes.Error(
            `The stage is called ${stage}; it must be 1 to 20 lower-case letters, digits and hyphens.`
          );
        }
      },
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { Resources } = serverless.service.provider.compiledCloudFormationTemplate;
        const { apiKeyRequired, redeploy } = serverless.service.custom.api;
        if (apiKeyRequired) {
          requireKeys(Resources);
        }
        separate(Resources, redeploy);
      },
    };
  }
}

function requireKeys(resources) {
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type === 'AWS::ApiGateway::Method') {
      Properties.ApiKeyRequired = true;
    }
  }
}

function separate(resources, redeploy) {
  const deployed = Object.entries(resources)
    .filter(([, resource]) => PART_OF_DEPLOYMENT.test(resource.Type))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const digest = createHash('sha256').update(JSON.stringify(deployed) + redeploy).digest('hex').slice(0, 16);
  const [old] = Object.entries(resources).find(
    ([, resource]) => resource.Type === 'AWS::ApiGateway::Deployment'
  );
  const deployment = resources[old];
  delete resources[old];
  delete deployment.Properties.StageName;
  deployment.DependsOn = deployed.map(([name]) => name).filter((name) => name !== 'ApiGatewayRestApi');
  const name = `ApiGatewayDeployment${digest}`;
  resources[name] = deployment;
  resources.ApiStage.Properties.DeploymentId = { Ref: name };
}

module.exports = Stage;
