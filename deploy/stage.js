'use strict';

// Gives the API a stage of its own in the template (ApiStage in deploy/api.yml), where throttling and access logs are
// set. osls makes the stage a by-product of the deployment, which takes no such settings, and names each deployment
// after the time, so that every template differs from the last. Here the deployment is named after what it deploys: it
// is replaced when routes or answers change, and only then.

const { createHash } = require('node:crypto');

const PART_OF_DEPLOYMENT = /^AWS::ApiGateway::(Resource|Method|GatewayResponse|RestApi)$/;

class Stage {
  constructor(serverless) {
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () =>
        separate(serverless.service.provider.compiledCloudFormationTemplate.Resources),
    };
  }
}

function separate(resources) {
  const deployed = Object.entries(resources)
    .filter(([, resource]) => PART_OF_DEPLOYMENT.test(resource.Type))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const digest = createHash('sha256').update(JSON.stringify(deployed)).digest('hex').slice(0, 16);
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
