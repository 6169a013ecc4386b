'use strict';

// Lets a repeated deploy change nothing. osls skips a deploy whose archives, template and state are those of the last,
// but of the archives here it sees only those in its own folder: so they are put there, before it compares.

const { copyFileSync } = require('node:fs');
const path = require('node:path');

class Unchanged {
  constructor(serverless) {
    this.hooks = {
      'before:aws:deploy:deploy:checkForChanges': () => {
        for (const { package: { artifact } } of Object.values(serverless.service.functions)) {
          const name = path.basename(artifact);
          copyFileSync(path.join(serverless.serviceDir, artifact), path.join(serverless.serviceDir, '.serverless', name));
        }
      },
    };
  }
}

module.exports = Unchanged;
